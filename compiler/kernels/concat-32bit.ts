import { channelCount, elementCount } from '../ir/encoding.ts';
import { joinCalls, joinedParts } from './concat-b1.ts';
import { proposeJoin, type Kernel, type Layout } from './kernel.ts';

export const concat32bit: Kernel = {
  name: 'concat-32bit',
  form: 'library',
  symbol: 'bnn1_concat_32bit',
  doc: 'Joins the channels of maps or vectors of integers or real numbers.',
  candidate: (node, inputs, output) => {
    const parts = joinedParts(node, inputs, 'words');
    if (parts === undefined || 'reason' in parts) return parts;
    const channels = channelCount(output.shape);
    const pixels = elementCount(output.shape) / channels;
    const layout: Layout = { kind: output.dtype === 'f32' ? 'f32' : 'i32' };
    const [, ...rest] = inputs;
    return proposeJoin('concat-32bit', {
      inputs: [layout, ...rest.map(() => layout)],
      output: layout,
      tables: [],
      scratchWords: 0,
      generated: [],
      byRows: false,
      inPlace: false,
      codeBytes: 60,
      instructions: elementCount(output.shape) * 6,
      calls: joinCalls(parts, ({ channels: own, start }, x, y) => ({
        symbol: 'bnn1_concat_32bit',
        shape: null,
        arguments: [x, `${own}u`, `${pixels}u`, start === 0 ? y : `${y} + ${start}u`, `${channels}u`],
      })),
    });
  },
};

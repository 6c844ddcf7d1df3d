import { channelCount, elementCount } from '../ir/encoding.ts';
import { joinCalls, joinedParts } from './concat-b1.ts';
import { proposeJoin, type Kernel, type Layout } from './kernel.ts';

export const concat8bit: Kernel = {
  name: 'concat-8bit',
  form: 'library',
  symbol: 'bnn1_concat_8bit',
  doc: 'Joins the channels of maps or vectors of bytes.',
  candidate: (node, inputs, output) => {
    const parts = joinedParts(node, inputs, 'bytes');
    if (parts === undefined || 'reason' in parts) return parts;
    const channels = channelCount(output.shape);
    const pixels = elementCount(output.shape) / channels;
    const layout: Layout = { kind: 'bytes' };
    const [, ...rest] = inputs;
    return proposeJoin('concat-8bit', {
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
        symbol: 'bnn1_concat_8bit',
        shape: null,
        arguments: [x, `${own}u`, `${pixels}u`, start === 0 ? y : `${y} + ${start}u`, `${channels}u`],
      })),
    });
  },
};

import { channelCount } from '../ir/encoding.ts';
import { joinCalls, joinedParts } from './concat-b1.ts';
import { proposeJoin, wordsFor, type Kernel, type Layout } from './kernel.ts';

const PLANES: Layout = { kind: 'bit-planes' };

export const concatPlanesB1: Kernel = {
  name: 'concat-planes-b1',
  form: 'library',
  symbol: 'bnn1_concat_planes_b1',
  doc: 'Joins the channels of maps in bit planes: whole planes are copied.',
  candidate: (node, inputs, output) => {
    const parts = joinedParts(node, inputs);
    if (parts === undefined || 'reason' in parts) return parts;
    if (output.shape.length !== 3) return { reason: 'a vector has no bit planes' };
    const [height = 1, width = 1] = output.shape;
    const plane = wordsFor(width);
    const [, ...rest] = inputs;
    return proposeJoin('concat-planes-b1', {
      inputs: [PLANES, ...rest.map(() => PLANES)],
      output: PLANES,
      tables: [],
      scratchWords: 0,
      generated: [],
      byRows: false,
      inPlace: false,
      codeBytes: 80,
      instructions: height * channelCount(output.shape) * plane * 5,
      calls: joinCalls(parts, ({ channels, start }, x, y) => ({
        symbol: 'bnn1_concat_planes_b1',
        shape: null,
        arguments: [
          x,
          `${channels * plane}u`,
          `${height}u`,
          start === 0 ? y : `${y} + ${start * plane}u`,
          `${channelCount(output.shape) * plane}u`,
        ],
      })),
    });
  },
};

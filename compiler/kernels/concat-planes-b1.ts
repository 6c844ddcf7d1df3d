import { channelCount } from '../ir/encoding.ts';
import { joinCalls, joinedParts } from './concat-b1.ts';
import { planeWords, planesOf, proposeJoin, type Kernel } from './kernel.ts';

export const concatPlanesB1: Kernel = {
  name: 'concat-planes-b1',
  form: 'library',
  symbol: 'bnn1_concat_planes_b1',
  doc: 'Joins the channels of maps in bit planes: whole planes are copied.',
  candidate: (node, inputs, output, _target, offered) => {
    const parts = joinedParts(node, inputs);
    if (parts === undefined || 'reason' in parts) return parts;
    if (output.shape.length !== 3) return { reason: 'a vector has no bit planes' };
    const lanes = offered.find((layout) => layout?.kind === 'bit-planes')?.lanes;
    const [first, ...rest] = inputs.map(({ shape }) => planesOf(shape, lanes));
    if (first === undefined) return undefined;
    const planes = planesOf(output.shape, lanes);
    const plane = planeWords(planes);
    return proposeJoin('concat-planes-b1', {
      inputs: [first, ...rest],
      output: planes,
      tables: [],
      scratchWords: 0,
      generated: [],
      byRows: false,
      inPlace: false,
      codeBytes: 60,
      instructions: channelCount(output.shape) * plane * 5,
      calls: joinCalls(parts, ({ channels, start }, x, y) => ({
        symbol: 'bnn1_concat_planes_b1',
        shape: null,
        arguments: [x, `${channels * plane}u`, start === 0 ? y : `${y} + ${start * plane}u`],
      })),
    });
  },
};

import { storedMinimum, type MaxPoolAttrs } from '../ir/ops/max-pool.ts';
import type { Node } from '../ir/types.ts';
import { planeWords, planesOf, propose, type GeneratedFunction, type Kernel, type PlanesLayout } from './kernel.ts';
import { named } from './named.ts';
import { tooLarge } from './window-shape.ts';

/** C of the OR of all rows of a window into `bits`. */
function rowLines(
  { kernel, stride, dilation, padding }: MaxPoolAttrs,
  { lanes, map: [height] }: PlanesLayout,
  outHeight: number,
): readonly string[] {
  const perWord = 32 / lanes;
  const log2 = Math.log2(perWord);
  const read = (row: string): string => {
    if (perWord === 1) return `x[${row}]`;
    return `x[(${row}) >> ${log2}] >> (((${row}) & ${perWord - 1}u) * ${lanes}u)`;
  };
  return Array.from({ length: kernel[0] }, (_, ky) => {
    const at = ky * dilation[0] - padding.top;
    const first = at;
    const last = (outHeight - 1) * stride[0] + at;
    const scaled = stride[0] === 1 ? 'oy' : `${stride[0]}u * oy`;
    const row = at === 0 ? scaled : at > 0 ? `${scaled} + ${at}u` : `${scaled} - ${-at}u`;
    const conditions = [...(first < 0 ? [`${scaled} >= ${-at}u`] : []), ...(last >= height ? [`${row} < ${height}u`] : [])];
    return conditions.length === 0 ? `bits |= ${read(row)};` : `if (${conditions.join(' && ')}) bits |= ${read(row)};`;
  });
}

function onesOf(columns: number): string {
  return `0x${(2 ** columns - 1).toString(16).toUpperCase()}u`;
}

/** C from `bits`, one row of the map, to `row`, one row of the result. */
function columnLines({ kernel, stride, dilation, padding }: MaxPoolAttrs, width: number, outWidth: number): readonly string[] {
  const used = `(bits & ${onesOf(width)})`;
  const lines = [`bits = ${padding.left === 0 ? used : `${used} << ${padding.left}`};`, 'row = bits;'];
  for (let kx = 1; kx < kernel[1]; kx += 1) lines.push(`row |= bits >> ${kx * dilation[1]};`);
  if (stride[1] === 2) lines.push('row = bnn1_even_bits(row);');
  if (stride[1] > 2) {
    const each = Array.from({ length: outWidth }, (_, i) => (i === 0 ? '(row & 1u)' : `(((row >> ${i * stride[1]}) & 1u) << ${i})`));
    lines.push(`row = ${each.join(' | ')};`);
  }
  return [...lines, `row &= ${onesOf(outWidth)};`];
}

function poolFunction(attrs: MaxPoolAttrs, from: PlanesLayout, to: PlanesLayout): GeneratedFunction {
  const [height, width, channels] = from.map;
  const [outHeight, outWidth] = to.map;
  const perWord = 32 / to.lanes;
  return named('bnn1_max_pool_planes', (symbol) => ({
    symbol,
    template: 'max-pool-planes-b1',
    view: {
      height,
      width,
      channels,
      outHeight,
      outWidth,
      plane: planeWords(from),
      outPlane: planeWords(to),
      rows: rowLines(attrs, from, outHeight),
      columns: columnLines(attrs, width, outWidth),
      packed: perWord > 1,
      outRow: perWord - 1,
      outLanes: to.lanes,
      remains: outHeight % perWord !== 0,
    },
  }));
}

export const maxPoolPlanesB1: Kernel = {
  name: 'max-pool-planes-b1',
  form: 'generated',
  symbol: 'bnn1_max_pool_planes_',
  doc: 'Max-pooling on bit planes: OR of rows and of shifted rows.',
  candidate: (node: Node, [input], output, _target, [offered]) => {
    if (node.kind !== 'max-pool') return undefined;
    if (input.dtype !== 'b1') return { reason: `its input is ${input.dtype}, not bits` };
    if (storedMinimum(node.attrs, input) !== null) return { reason: 'it takes the minimum in some channels' };
    const large = tooLarge(input, output);
    if (large !== undefined) return { reason: large };
    const { attrs } = node;
    const [, width = 0, channels = 0] = input.shape;
    const [outHeight = 0, outWidth = 0] = output.shape;
    const columns = width + Math.max(attrs.padding.left, attrs.padding.right);
    if (columns > 32 || outWidth > 32) return { reason: `its rows of ${columns} columns, with their padding, do not fit into a word` };
    if ((attrs.kernel[1] - 1) * attrs.dilation[1] > 31 || attrs.stride[1] > 31) return { reason: 'its window is wider than a word' };
    const planes = offered?.kind === 'bit-planes' ? planesOf(input.shape, offered.lanes) : planesOf(input.shape);
    const pool = poolFunction(attrs, planes, planesOf(output.shape));
    return propose('max-pool-planes-b1', {
      input: planes,
      output: planesOf(output.shape),
      tables: [],
      scratchWords: 0,
      generated: [pool],
      byRows: false,
      inPlace: false,
      codeBytes: 140 + attrs.kernel[0] * 16,
      instructions:
        channels *
        outHeight *
        (attrs.kernel[0] * (planes.lanes === 32 ? 3 : 6) + attrs.kernel[1] + (attrs.stride[1] > 2 ? 3 * outWidth : 24)),
      call: ({ x, y }) => ({ symbol: pool.symbol, shape: null, arguments: [x, y] }),
    });
  },
};

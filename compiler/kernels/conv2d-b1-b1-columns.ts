import { conv2dTerms, type Conv2dAttrs } from '../ir/ops/conv2d.ts';
import type { Node, TensorType } from '../ir/types.ts';
import { columnsCodeBytes, columnsFunction, columnsInstructions } from './columns.ts';
import { convBitsReason } from './conv2d-b1-b1.ts';
import { slownessOf } from './cores.ts';
import { propose, wordsFor, type GeneratedFunction, type Kernel, type Table } from './kernel.ts';
import { distanceLimit, lateTable, packSigns, signsOf } from './packing.ts';
import { convShape } from './window-shape.ts';

/** Positions along one side of the output that see the same taps inside the map. */
interface Side {
  /** For each class the taps outside. */
  readonly outside: readonly (readonly number[])[];
  /** The class of each position. */
  readonly classes: readonly number[];
}

function sideOf(attrs: Conv2dAttrs, axis: 0 | 1, size: number, positions: number): Side {
  const before = axis === 0 ? attrs.padding.top : attrs.padding.left;
  const outside: number[][] = [];
  const classes = Array.from({ length: positions }, (_, position) => {
    const taps = Array.from({ length: attrs.kernel[axis] }, (__, k) => k).filter((k) => {
      const at = position * attrs.stride[axis] - before + k * attrs.dilation[axis];
      return at < 0 || at >= size;
    });
    const found = outside.findIndex((other) => other.join() === taps.join());
    if (found >= 0) return found;
    outside.push(taps);
    return outside.length - 1;
  });
  return { outside, classes };
}

/** What a tap in the padding is worth and where such taps are; one class when their products count like any others. */
interface Borders {
  readonly rows: Side;
  readonly columns: Side;
  readonly isPlain: boolean;
}

function bordersOf(attrs: Conv2dAttrs, input: TensorType, output: TensorType): Borders {
  const [height = 1, width = 1] = input.shape;
  const [outHeight = 1, outWidth = 1] = output.shape;
  const rows = sideOf(attrs, 0, height, outHeight);
  const columns = sideOf(attrs, 1, width, outWidth);
  const inside = [...rows.outside, ...columns.outside].every((taps) => taps.length === 0);
  return { rows, columns, isPlain: inside || conv2dTerms(attrs, input).pad !== 0 };
}

/**
 * [rows][columns][outputs] largest distances that still give +1. A tap outside the map is a run of zeros in the patch, so its
 * products that seem to be -1 are the weights that are 1: P of them over all such taps. With n taps of C channels inside,
 *     d' = d + P,     acc = n C - 2 d >= T  <=>  d' <= floor((n C - T) / 2) + P,     -1 <= d' limit <= K.
 */
function limitsOf(attrs: Conv2dAttrs, threshold: Int32Array, channels: number, { rows, columns, isPlain }: Borders): readonly number[] {
  const [height, width] = attrs.kernel;
  const taps = height * width;
  const signs = signsOf(attrs.weights);
  if (isPlain) return Array.from(threshold, (t) => distanceLimit(taps * channels, t));
  const ones = Array.from({ length: threshold.length * taps }, (_, tap) => {
    let count = 0;
    for (let c = 0; c < channels; c += 1) count += ((signs[tap * channels + c] as number) + 1) >> 1;
    return count;
  });
  return rows.outside.flatMap((outRows) =>
    columns.outside.flatMap((outColumns) => {
      const out = Array.from({ length: taps }, (_, tap) => tap).filter(
        (tap) => outRows.includes(Math.floor(tap / width)) || outColumns.includes(tap % width),
      );
      return Array.from(threshold, (t, o) => {
        const seeming = out.reduce((sum, tap) => sum + (ones[o * taps + tap] ?? 0), 0);
        return distanceLimit((taps - out.length) * channels, t) + seeming;
      });
    }),
  );
}

/** Tables of a convolution that copies each patch. */
function patchTables(attrs: Conv2dAttrs, threshold: Int32Array, input: TensorType, output: TensorType): readonly Table[] {
  const channels = input.shape[2] ?? 0;
  const { weights, kernel } = attrs;
  const words = kernel[0] * kernel[1] * wordsFor(channels);
  const borders = bordersOf(attrs, input, output);
  const { rows, columns, isPlain } = borders;
  const classes = isPlain ? 1 : rows.outside.length * columns.outside.length;
  const places: Table = {
    name: 'borders',
    ctype: 'uint16_t',
    values: [...columns.classes, ...rows.classes.map((row) => row * columns.outside.length)],
    doc: `[${columns.classes.length} columns, ${rows.classes.length} rows] which limits: that of the column plus that of the row`,
  };
  return [
    lateTable(
      { name: 'weights', ctype: 'uint32_t', doc: `[${weights.outputs} outputs][${kernel.join('][')}][${wordsFor(channels)} words]` },
      weights.outputs * words,
      () => packSigns(signsOf(weights), channels),
    ),
    lateTable(
      {
        name: 'limits',
        ctype: 'int16_t',
        doc: `[${classes} kinds of borders][${weights.outputs} outputs] largest distance that still gives +1; batch norm and sign folded`,
      },
      classes * weights.outputs,
      () => limitsOf(attrs, threshold, channels, borders),
    ),
    ...(isPlain ? [] : [places]),
  ];
}

function mapFunction(layer: GeneratedFunction, isPlain: boolean): GeneratedFunction {
  return {
    symbol: layer.symbol.replace('dense', 'conv2d') + (isPlain ? '' : '_borders'),
    template: 'conv2d-b1-b1-columns',
    view: { layer: layer.symbol, bordered: !isPlain },
  };
}

export const conv2dB1B1Columns: Kernel = {
  name: 'conv2d-b1-b1-columns',
  form: 'generated',
  symbol: 'bnn1_conv2d_b1_b1_',
  doc: 'Convolution from bits to bits, channel-packed: copies what an output position sees and counts it like `dense-b1-b1-columns`.',
  candidate: (node: Node, [input], output, target) => {
    if (node.kind !== 'conv2d') return undefined;
    const reason = convBitsReason(node, input, output);
    if (reason !== undefined) return { reason };
    const { threshold, weights, groups, kernel } = node.attrs;
    if (groups !== 1) return { reason: `it has ${groups} groups` };
    if (threshold === null) return { reason: 'its output is not thresholded' };
    const channels = input.shape[2] ?? 0;
    const words = kernel[0] * kernel[1] * wordsFor(channels);
    const positions = (output.shape[0] ?? 1) * (output.shape[1] ?? 1);
    const tables = patchTables(node.attrs, threshold, input, output);
    const isPlain = tables.length === 2;
    const layer = columnsFunction(words, target);
    const map = mapFunction(layer, isPlain);
    const copied = words * 5 + kernel[0] * kernel[1] * 20 + 60;
    return propose('conv2d-b1-b1-columns', {
      input: { kind: 'bit-runs', run: channels },
      output: { kind: 'bit-runs', run: weights.outputs },
      tables,
      scratchWords: words,
      generated: [layer, map],
      byRows: true,
      inPlace: false,
      codeBytes: columnsCodeBytes(words) + 300,
      instructions:
        positions *
        (copied * slownessOf(target, { thumb1: 1.4, riscv: 1.1, avr: 6 }) + weights.outputs * columnsInstructions(words, target)),
      call: ({ x, y, scratch, table, rows }) => ({
        symbol: map.symbol,
        shape: convShape(node.attrs, input, output),
        arguments: [
          `${conv2dTerms(node.attrs, input).pad}`,
          x,
          ...tables.map(({ name }) => table(name)),
          ...rows,
          `(uint32_t *)${scratch}`,
          y,
        ],
      }),
    });
  },
};

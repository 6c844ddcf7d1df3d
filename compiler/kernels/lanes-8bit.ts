/**
 * First layers in packed 16-bit lanes: what all kernels of this kind share.
 *
 * A uint32_t word holds two numbers l and h of up to 16 bits as l + 65536 h modulo 2^32. Words are added like any integers, and as
 * long as the *final* l and h lie in 0..65535 both can be read off, whatever borrowed and carried in between.
 *
 * Terms. A byte b of the input is q; u = q - min is b for u8 and b ^ 0x80 for i8, so 0 <= u <= 255. The layer sums
 *     acc = sum of w (m q + a)    with w = +-1, one multiplier m and one addend a; a padded tap counts w p (`IntegerTerms`).
 * With d = m u inside the image and d = p - (a + m min) =: P outside of it,
 *     acc = sum of w d + (a + m min) W,    W = sum of the weights of the output, over all of its taps.
 * So acc >= T  <=>  sum of w d >= T' = T - (a + m min) W, wherever the window lies, and constants vanish into the threshold.
 *
 * Decision. Let d lie in low..high (low = min(0, P), high = max(255 m, P)). An output with n+ positive and n- negative weights has
 * sums in L = n+ low - n- high .. H = n+ high - n- low, and H - L = taps (high - low). T' outside of L..H + 1 means the same as the
 * nearest end, so let it be inside. The lane that starts with the bias 32768 - T' ends at v = 32768 - T' + sum, with
 *     32768 - (H + 1) + L <= v <= 32768 - L + H,
 * which is inside 0..65535 exactly if taps (high - low) <= 32767; and bit 15 of v is the decision. For plain bytes: 128 taps.
 *
 * Tables. The taps of one input row (channel by channel, kx running) are cut into groups of g <= 6. A group sums to one of 2^g values,
 * which all outputs share, and which all output rows share that the input row takes part in. The values are made in the order of
 * Gray's code (F. Gray, US patent 2632058; Knuth, The Art of Computer Programming 7.2.1.1): entry i has the signs of i ^ (i >> 1), so
 * that it is the entry before plus or minus 2 d of one tap, the tap whose number is that of the lowest 1 bit of i. An output then
 * has one table index for each group: one addition for g taps at all positions of a word.
 */
import { tapsOf } from '../ir/accumulator.ts';
import { perChannel } from '../ir/encoding.ts';
import { conv2dTerms } from '../ir/ops/conv2d.ts';
import type { Node, NodeOf, TensorType } from '../ir/types.ts';
import { DTYPES } from '../ir/encoding.ts';
import type { Table } from './kernel.ts';
import { signsOf } from './packing.ts';
import { tooLarge } from './window-shape.ts';

const LARGEST_GROUP = 6;
const LARGEST_SPREAD = 32767;

/** Taps of an input row that share a table. */
export interface TapGroup {
  /** Index of the first tap in the row, and how many there are. */
  readonly first: number;
  readonly size: number;
  /** Index of its first entry in the tables of a row. */
  readonly base: number;
}

export interface LanePlan {
  readonly node: NodeOf<'conv2d'>;
  /** m, and P of a tap outside of the image. */
  readonly multiplier: number;
  readonly outside: number;
  readonly groups: readonly TapGroup[];
  /** Entries of all tables of an input row. */
  readonly entries: number;
  /** [outputs][kernel height][groups]: index among the entries of a row. */
  readonly indexes: readonly number[];
  /** 32768 - T' for each output. */
  readonly biases: readonly number[];
}

/** T', and what an output can sum to, over d in low..high. */
interface Sums {
  readonly low: number;
  readonly high: number;
  readonly shift: number;
}

/** How to compute this layer in lanes, or why not. */
export function lanePlan(node: Node, input: TensorType, output: TensorType): LanePlan | { readonly reason: string } | undefined {
  if (node.kind !== 'conv2d') return undefined;
  const { attrs } = node;
  if (input.dtype !== 'u8' && input.dtype !== 'i8') return { reason: `its input is ${input.dtype}, not bytes` };
  if (attrs.threshold === null) return { reason: 'its output is not thresholded' };
  if (attrs.groups !== 1) return { reason: `it has ${attrs.groups} groups` };
  const large = tooLarge(input, output);
  if (large !== undefined) return { reason: large };
  const terms = conv2dTerms(attrs, input);
  if (terms.multiplier.length > 1 || terms.addend.length > 1) return { reason: 'its input channels have different scales' };
  const multiplier = perChannel(terms.multiplier, 0);
  const shift = perChannel(terms.addend, 0) + multiplier * DTYPES[input.dtype].minimum;
  const isPadded = Object.values(attrs.padding).some((size) => size > 0);
  const outside = isPadded ? terms.pad - shift : 0;
  const [low, high] = [Math.min(0, 255 * multiplier, outside), Math.max(0, 255 * multiplier, outside)];
  const taps = tapsOf(node);
  if (taps * (high - low) > LARGEST_SPREAD)
    return {
      reason: `sums of ${taps} taps from ${low} to ${high} do not fit into 16 bits; ${Math.floor(LARGEST_SPREAD / (high - low))} would`,
    };
  const groups = groupTaps(attrs.kernel[1] * (input.shape[2] ?? 1), attrs.kernel[0] * attrs.weights.outputs);
  return {
    node,
    multiplier,
    outside,
    groups,
    entries: groups.reduce((sum, { size }) => sum + 2 ** size, 0),
    indexes: tableIndexes(node, groups),
    biases: Array.from(attrs.threshold, (threshold, o) =>
      biasOf(signsOf(attrs.weights).subarray(o * taps, (o + 1) * taps), threshold, { low, high, shift }),
    ),
  };
}

function biasOf(signs: Int8Array, threshold: number, { low, high, shift }: Sums): number {
  const sum = signs.reduce((all, sign) => all + sign, 0);
  const [positive, negative] = [(signs.length + sum) / 2, (signs.length - sum) / 2];
  const wanted = threshold - shift * sum;
  return 32768 - Math.max(positive * low - negative * high, Math.min(positive * high - negative * low + 1, wanted));
}

/** Instructions of one table entry of four words, and of one look-up. */
const ENTRY = 5;
const LOOK_UP = 7;

/** The taps of a row in groups of nearly one size; `readers` look up every group. */
function groupTaps(taps: number, readers: number): readonly TapGroup[] {
  const fewest = Math.ceil(taps / LARGEST_GROUP);
  const choices = Array.from({ length: taps - fewest + 1 }, (_, more) => split(taps, fewest + more));
  const price = (groups: readonly TapGroup[]): number => groups.reduce((sum, { size }) => sum + ENTRY * 2 ** size + LOOK_UP * readers, 0);
  return choices.reduce((best, groups) => (price(groups) < price(best) ? groups : best));
}

function split(taps: number, count: number): readonly TapGroup[] {
  const groups: TapGroup[] = [];
  let [first, base] = [0, 0];
  for (let i = 0; i < count; i += 1) {
    const size = Math.ceil((taps - first) / (count - i));
    groups.push({ first, size, base });
    first += size;
    base += 2 ** size;
  }
  return groups;
}

/** The place of a pattern in Gray's order. */
function grayRank(pattern: number): number {
  let rank = 0;
  for (let rest = pattern; rest > 0; rest >>= 1) rank ^= rest;
  return rank;
}

function tableIndexes({ attrs }: NodeOf<'conv2d'>, groups: readonly TapGroup[]): readonly number[] {
  const { weights, kernel } = attrs;
  const signs = signsOf(weights);
  const [height, width] = kernel;
  const rowTaps = signs.length / weights.outputs / height;
  const channels = rowTaps / width;
  const indexes: number[] = [];
  for (let row = 0; row < weights.outputs * height; row += 1) {
    for (const { first, size, base } of groups) {
      let pattern = 0;
      for (let i = 0; i < size; i += 1) {
        const [channel, kx] = [Math.floor((first + i) / width), (first + i) % width];
        if (signs[row * rowTaps + kx * channels + channel] === 1) pattern |= 1 << i;
      }
      indexes.push(base + grayRank(pattern));
    }
  }
  return indexes;
}

/** The steps from one table entry to the next: which tap changes its sign, and whether to +. */
export function graySteps(size: number): readonly { readonly tap: number; readonly rises: boolean }[] {
  return Array.from({ length: 2 ** size - 1 }, (_, i) => {
    const step = i + 1;
    const tap = 31 - Math.clz32(step & -step);
    return { tap, rises: (((step ^ (step >> 1)) >> tap) & 1) === 1 };
  });
}

/** The tables in flash: indexes of entries, and where the sums begin. */
export function laneTables(plan: LanePlan, outputs: number, lookUps: number): readonly Table[] {
  return [
    {
      name: 'weights',
      ctype: plan.entries > 256 ? 'uint16_t' : 'uint8_t',
      values: plan.indexes,
      doc: `[${outputs} outputs][${lookUps} groups of taps] entry of the table of signed sums`,
    },
    {
      name: 'bias',
      ctype: 'uint32_t',
      values: plan.biases.map((bias) => bias * 0x10001),
      doc: '0x8000 less the smallest sum that gives +1, in both halves; input scaling, batch norm and sign folded',
    },
  ];
}

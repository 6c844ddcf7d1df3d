/** A published network with few channels: its checkpoint, and what its own program computes with that, in plain numbers. */
import type { InputWords } from '../../../compiler/driver/options.ts';
import type { Imported } from '../../../compiler/frontends/frontend.ts';
import { realValues } from '../../../compiler/ir/encoding.ts';
import { typeOf } from '../../../compiler/ir/graph.ts';
import { interpret } from '../../../compiler/ir/interpret.ts';
import type { Features } from '../plain-layers.ts';
import { randomFrom } from '../random.ts';
import type { Shapes, Stored, Tensors } from '../narrow-checkpoint.ts';

/** The signs that a network takes, and whether rounding could have decided one. */
export interface Decisions {
  /** The nearest to 0 that a number was, of those that were not 0. */
  nearest: number;
  /** How often it was exactly 0. */
  zeros: number;
}

export interface PublishedNetwork {
  /** What --topology says. */
  readonly word: string;
  /** One checkpoint each. */
  readonly seeds: readonly number[];
  /** How many images, of a large network; all by default. */
  readonly images?: number;
  readonly shapes: Shapes;
  /** What its program saves and does not use, counters left aside. */
  readonly unused?: readonly string[];
  /** Channels, height and width of its input. */
  readonly input: readonly [channels: number, height: number, width: number];
  /** True where its program has images as [row][column][channel]. */
  readonly channelsLast?: boolean;
  /** How far scores may be off, as a part of them or of 1: 0 where the last sum is a whole number and every rounding is known. */
  readonly tolerance: number;
  /** True where sign(0) is 0, which no bit is: to compile it, --sign-zero has to say what it becomes. */
  readonly ternary?: boolean;
  /** What docs/topologies.md says for bytes, where the topology states real numbers. */
  readonly options?: Pick<InputWords, 'inputScale' | 'inputOffset'>;
  /** What its program makes of a byte of an image, in real numbers. */
  readonly pixel: (byte: number, channel: number) => number;
  /** Its evaluation, line by line, up to the scores: a last LogSoftmax changes none of their order. */
  readonly forward: (tensors: Tensors, x: Features, decisions: Decisions) => Features;
}

/** A sign that is `zero` at 0. */
export function signWith(zero: -1 | 0 | 1, decisions: Decisions): (value: number) => number {
  return (value) => {
    if (value === 0) decisions.zeros += 1;
    else decisions.nearest = Math.min(decisions.nearest, Math.abs(value));
    return value === 0 ? zero : Math.sign(value);
  };
}

/** Bytes [channel][row][column]: noise; noise in blocks of 4 by 4, so that neighbours are alike as in photographs; black. */
export function imagesFor({ input: [channels, height, width], images }: PublishedNetwork, seed: number): readonly Uint8Array[] {
  const length = channels * height * width;
  const random = randomFrom(seed);
  const noise = Uint8Array.from({ length }, () => random.integer(0, 255));
  const blocks = noise.map((_, i) => noise[(Math.floor(i / width) >> 2) * 64 + ((i % width) >> 2)] ?? 0);
  return [noise, blocks, new Uint8Array(length)].slice(0, images);
}

export interface Comparison {
  /** What the compiler's graph gives, for each image. */
  readonly scores: readonly (readonly number[])[];
  /** What the network's own program gives. */
  readonly wanted: readonly (readonly number[])[];
  readonly decisions: Decisions;
}

// -0 counts as 0.
const plain = (values: ArrayLike<number>): readonly number[] => Array.from(values, (value) => value + 0);

/** Both on the same images. A graph on floats is given the real numbers, as float32. */
export function compare(
  network: PublishedNetwork,
  { graph, inputOrder }: Imported,
  values: ReadonlyMap<string, Stored>,
  seed: number,
): Comparison {
  const [channels, height, width] = network.input;
  const area = height * width;
  const bytes = typeOf(graph, graph.input).dtype === 'u8';
  const decisions: Decisions = { nearest: Infinity, zeros: 0 };
  const tensors: Tensors = (name) => {
    const data = values.get(name);
    if (data === undefined) throw new Error(`the checkpoint has no ${name}`);
    return data;
  };
  const pairs = imagesFor(network, seed).map((image) => {
    const real = Float64Array.from(image, (byte, i) => {
      const value = network.pixel(byte, Math.floor(i / area));
      return bytes ? value : Math.fround(value);
    });
    const planar = bytes ? image : Float32Array.from(real);
    const isLast = network.channelsLast === true;
    const sample = isLast ? planar.map((_, i) => planar[(i % channels) * area + Math.floor(i / channels)] ?? NaN) : planar;
    const ordered = inputOrder === null ? sample : sample.map((_, i) => sample[inputOrder[i] ?? -1] ?? NaN);
    const wanted = network.forward(tensors, { channels, height, width, values: real }, decisions);
    return { scores: plain(realValues(interpret(graph, ordered))), wanted: plain(wanted.values) };
  });
  return { scores: pairs.map(({ scores }) => scores), wanted: pairs.map(({ wanted }) => wanted), decisions };
}

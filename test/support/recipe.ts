/**
 * Recipes of random networks: plain data that fast-check can make smaller, from which `random-graph.ts` builds the graph
 * that a frontend would have made. Earlier choices of each list are simpler, and shrinking goes there.
 */
import fc from 'fast-check';

export interface Recipe {
  /** Of weights and constants. */
  readonly seed: number;
  /** True: every real number that enters a sum has few binary digits, so that float32 sums in any order are exact. */
  readonly dyadic: boolean;
  readonly input: InputRecipe;
  readonly blocks: readonly BlockRecipe[];
  readonly final: FinalRecipe;
  /** What --sign-zero says. */
  readonly signZero: 'plus' | 'minus' | null;
}

export interface InputRecipe {
  readonly dtype: 'u8' | 'i8' | 'b1';
  readonly height: number;
  /** 0: the input is a vector. */
  readonly width: number;
  readonly channels: number;
  readonly encoding: 'plain' | 'unit' | 'shifted' | 'normalised' | 'offset-128' | 'per-channel' | 'half' | 'negative';
  /** Operations on the input before the first layer. */
  readonly before: 'nothing' | 'affine' | 'inverted' | 'sign' | 'pool';
}

export interface BlockRecipe {
  readonly branch: BranchRecipe;
  readonly layer: LayerRecipe;
  readonly pool: PoolRecipe;
  readonly norm: 'none' | 'scale-shift' | 'normalize';
  /** Constants of batch normalization: as trained, or with γ of all kinds, tiny variances and far thresholds. */
  readonly constants: 'usual' | 'hostile';
  readonly steps: readonly StepRecipe[];
  readonly sign: 'plus' | 'minus' | 'zero' | 'compare' | 'where';
}

/** How the layers of a block read its input and what becomes of their results. */
export interface BranchRecipe {
  /**
   * `parallel`  several layers read the same map
   * `split`     each layer reads some channels of it
   * `skip`      the map is cropped to the size of the result and joined with it
   * `again`     the sums are binarized twice: for a layer of their own, and joined with its sums
   * `thin`      every second channel of the result goes on
   * `crop`      a part of the rows and columns of the result goes on
   */
  readonly kind: 'none' | 'parallel' | 'split' | 'skip' | 'again' | 'thin' | 'crop';
  /** Parts are joined before or after normalization and sign. */
  readonly join: 'sums' | 'bits';
  readonly parts: 2 | 3;
}

export interface LayerRecipe {
  readonly kind: 'conv2d' | 'dense';
  readonly outputs: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: 'one' | 'depthwise' | 'three';
  readonly padding: readonly [number, number, number, number];
  readonly padValue: 0 | 1 | -1;
  readonly alpha: 'one' | 'uniform' | 'each';
  readonly bias: boolean;
}

export interface PoolRecipe {
  readonly place: 'none' | 'before-norm' | 'after-norm' | 'after-sign';
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padded: boolean;
  readonly dilation: readonly [number, number];
}

export type StepRecipe = 'relu' | 'clip' | 'add' | 'subtract' | 'multiply' | 'negate' | 'divide';

export interface FinalRecipe {
  readonly kind: 'dense' | 'conv2d';
  readonly outputs: number;
  readonly alpha: 'one' | 'uniform' | 'each';
  readonly bias: boolean;
  readonly norm: 'none' | 'scale-shift' | 'normalize';
  readonly constants: 'usual' | 'hostile';
  readonly steps: readonly StepRecipe[];
}

const CHANNELS = [1, 3, 2, 5, 8, 31, 32, 33, 64, 65] as const;

const pair = (arbitrary: fc.Arbitrary<number>): fc.Arbitrary<readonly [number, number]> => fc.tuple(arbitrary, arbitrary);
const steps = fc.array(fc.constantFrom<StepRecipe[]>('add', 'subtract', 'multiply', 'divide', 'negate', 'clip', 'relu'), { maxLength: 3 });

const layer: fc.Arbitrary<LayerRecipe> = fc.record({
  kind: fc.constantFrom('conv2d', 'conv2d', 'conv2d', 'dense'),
  outputs: fc.constantFrom(...CHANNELS),
  kernel: pair(fc.constantFrom(1, 3, 2, 4, 5)),
  stride: pair(fc.constantFrom(1, 1, 2, 3)),
  dilation: pair(fc.constantFrom(1, 1, 1, 2)),
  groups: fc.constantFrom('one', 'one', 'one', 'depthwise', 'three'),
  padding: fc.oneof(fc.constant([0, 0, 0, 0] as const), fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2))),
  padValue: fc.constantFrom(0, 0, 1, -1),
  alpha: fc.constantFrom('one', 'uniform', 'each'),
  bias: fc.boolean(),
});

const pool: fc.Arbitrary<PoolRecipe> = fc.record({
  place: fc.constantFrom('none', 'before-norm', 'after-norm', 'after-sign'),
  kernel: pair(fc.constantFrom(2, 2, 3, 1)),
  stride: pair(fc.constantFrom(1, 2, 2, 3)),
  padded: fc.boolean(),
  dilation: pair(fc.constantFrom(1, 1, 1, 2)),
});

const branch: fc.Arbitrary<BranchRecipe> = fc.record({
  kind: fc.constantFrom('none', 'none', 'none', 'none', 'none', 'none', 'parallel', 'split', 'skip', 'again', 'thin', 'crop'),
  join: fc.constantFrom('sums', 'bits'),
  parts: fc.constantFrom(2, 3),
});

const block: fc.Arbitrary<BlockRecipe> = fc.record({
  branch,
  layer,
  pool,
  norm: fc.constantFrom('none', 'scale-shift', 'normalize'),
  constants: fc.constantFrom('usual', 'hostile'),
  steps: fc.oneof(fc.constant([]), steps),
  sign: fc.constantFrom('plus', 'minus', 'zero', 'compare', 'where'),
});

const input: fc.Arbitrary<InputRecipe> = fc.record({
  dtype: fc.constantFrom('u8', 'i8', 'b1'),
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.constantFrom(1, 5, 7, 8, 14, 0, 33, 40),
  channels: fc.constantFrom(1, 3, 1, 3, 2, 32, 33),
  encoding: fc.constantFrom('plain', 'plain', 'unit', 'unit', 'shifted', 'normalised', 'offset-128', 'per-channel', 'half', 'negative'),
  before: fc.constantFrom('nothing', 'nothing', 'nothing', 'affine', 'inverted', 'sign', 'pool'),
});

const final: fc.Arbitrary<FinalRecipe> = fc.record({
  kind: fc.constantFrom('dense', 'dense', 'conv2d'),
  outputs: fc.constantFrom(1, 2, 10, 33),
  alpha: fc.constantFrom('one', 'uniform', 'each'),
  bias: fc.constantFrom(false, false, true),
  norm: fc.constantFrom('none', 'scale-shift', 'normalize'),
  constants: fc.constantFrom('usual', 'hostile'),
  steps: fc.oneof(fc.constant([]), fc.constant([]), steps),
});

/** Whole networks of up to three binary blocks and a layer of scores. */
export const recipes: fc.Arbitrary<Recipe> = fc.record({
  seed: fc.nat(1_000_000),
  dyadic: fc.boolean(),
  input,
  blocks: fc.array(block, { minLength: 1, maxLength: 3 }),
  final,
  signZero: fc.constantFrom('plus', 'minus', 'plus', 'minus', null),
});

const BASIC = { steps: [], constants: 'usual' } as const;

/** The simplest recipe, for tests that change one thing of it. */
export const SIMPLE: Recipe = {
  seed: 1,
  dyadic: true,
  input: { dtype: 'u8', height: 6, width: 7, channels: 1, encoding: 'plain', before: 'nothing' },
  blocks: [
    {
      ...BASIC,
      branch: { kind: 'none', join: 'sums', parts: 2 },
      layer: {
        kind: 'conv2d',
        outputs: 8,
        kernel: [3, 3],
        stride: [1, 1],
        dilation: [1, 1],
        groups: 'one',
        padding: [0, 0, 0, 0],
        padValue: 0,
        alpha: 'one',
        bias: false,
      },
      pool: { place: 'none', kernel: [2, 2], stride: [2, 2], padded: false, dilation: [1, 1] },
      norm: 'scale-shift',
      sign: 'plus',
    },
  ],
  final: { ...BASIC, kind: 'dense', outputs: 10, alpha: 'one', bias: false, norm: 'none' },
  signZero: null,
};

/**
 * Recipes of networks that mix bits, integers and real numbers in any order: plain data that fast-check makes smaller by leaving
 * operations out and choosing earlier alternatives. `mixed-graph.ts` builds the graph.
 */
import fc from 'fast-check';

export const OPERATIONS = [
  'sign',
  'conv2d',
  'dense',
  'norm',
  'steps',
  'max-pool',
  'average-pool',
  'combine',
  'concat',
  'slice',
  'flatten',
] as const;

export interface MixedOperation {
  readonly kind: (typeof OPERATIONS)[number];
  /** Small numbers that the builder turns into sizes and choices. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** Which of the values so far is read: 0 for the last one. */
  readonly back: number;
}

export interface MixedRecipe {
  readonly seed: number;
  readonly dtype: 'b1' | 'u8' | 'i8' | 'f32';
  readonly encoding: 'plain' | 'unit' | 'normalised' | 'per-channel';
  readonly shape: readonly number[];
  readonly operations: readonly MixedOperation[];
  readonly outputs: number;
}

const small = fc.nat(11);

const operation: fc.Arbitrary<MixedOperation> = fc.record({
  kind: fc.constantFrom(...OPERATIONS, 'sign', 'conv2d', 'norm', 'steps', 'combine'),
  a: small,
  b: small,
  c: small,
  back: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(6) }),
});

export const mixedRecipes: fc.Arbitrary<MixedRecipe> = fc.record({
  seed: fc.nat(2 ** 31 - 1),
  dtype: fc.constantFrom('f32', 'u8', 'i8', 'b1'),
  encoding: fc.constantFrom('plain', 'unit', 'normalised', 'per-channel'),
  shape: fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 2, 3, 5, 33)) },
    { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 1, max: 70 })) },
    { weight: 1, arbitrary: fc.tuple(fc.constant(1), fc.integer({ min: 4, max: 40 }), fc.constantFrom(1, 2, 4)) }, // one-dimensional
  ),
  operations: fc.array(operation, { minLength: 1, maxLength: 9 }),
  outputs: fc.integer({ min: 1, max: 5 }),
});

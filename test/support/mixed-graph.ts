/** Builds the graph of a mixed recipe as a frontend would hand it over: nothing folded, sums in sequence. */
import type { InputMeaning } from '../../compiler/driver/meaning.ts';
import { outputSize, toBinaryWeights, type Step, type StepOperator, type Weights, type Window } from '../../compiler/ir/attributes.ts';
import { GraphBuilder } from '../../compiler/ir/builder.ts';
import { DTYPES, channelCount, elementCount } from '../../compiler/ir/encoding.ts';
import type { AttrsOf, OpKind } from '../../compiler/ir/ops/index.ts';
import { UNARY } from '../../compiler/ir/steps.ts';
import type { Encoding, Graph, TensorData, TensorType, ValueId } from '../../compiler/ir/types.ts';
import { rational } from '../../compiler/support/rational.ts';
import type { MixedOperation, MixedRecipe } from './mixed-recipe.ts';
import { randomFrom, type Random } from './random.ts';

const ORIGIN = { file: 'random', path: 'graph' };
/** Multiply-accumulates of one layer and elements of one value, so that the slow definitions stay quick. */
const MOST_WORK = 40_000;
const MOST_ELEMENTS = 3000;

export interface MixedNetwork {
  readonly graph: Graph;
  readonly meaning: InputMeaning;
}

function encodingOf({ dtype, encoding, shape }: MixedRecipe): Encoding | null {
  if (dtype === 'f32') return null;
  const channels = channelCount(shape);
  switch (encoding) {
    case 'plain':
      return { scale: [rational(1)], offset: [rational(0)] };
    case 'unit':
      return { scale: [rational(1, dtype === 'b1' ? 2 : 255)], offset: [rational(dtype === 'b1' ? 1 : 0, 2)] };
    case 'normalised':
      return { scale: [rational(2000, 157131)], offset: [rational(-1307, 3081)] };
    case 'per-channel':
      return {
        scale: Array.from({ length: channels }, (_, c) => rational(1, 2 + (c % 3))),
        offset: Array.from({ length: channels }, (_, c) => rational(c % 2, 4)),
      };
  }
}

export function buildMixed(recipe: MixedRecipe): MixedNetwork {
  return { graph: new MixedWriter(recipe).graph(), meaning: { type: recipe.dtype, encoding: encodingOf(recipe), signZero: 'plus' } };
}

/** Stored inputs: the extremes, then random ones. */
export function mixedInputs({ seed, dtype }: MixedRecipe, type: TensorType, count: number): readonly TensorData[] {
  const random = randomFrom(seed ^ 0x5eed);
  const { minimum, maximum, allocate } = DTYPES[dtype];
  return Array.from({ length: count }, (_, sample) =>
    allocate(elementCount(type.shape)).map(() => {
      if (dtype === 'f32')
        return sample === 0 ? random.pick([0, -0, 1, -1]) : Math.fround((random.unit() - 0.5) * 10 ** random.integer(-3, 2));
      if (sample === 0) return maximum;
      if (sample === 1) return minimum;
      return dtype === 'b1' ? random.pick([-1, 1]) : random.integer(minimum, maximum);
    }),
  );
}

class MixedWriter {
  readonly #recipe: MixedRecipe;
  readonly #random: Random;
  readonly #builder = new GraphBuilder('mixed');
  readonly #values: ValueId[];

  constructor(recipe: MixedRecipe) {
    this.#recipe = recipe;
    this.#random = randomFrom(recipe.seed);
    this.#values = [this.#builder.input('input', { dtype: 'f32', shape: recipe.shape }, ORIGIN)];
  }

  graph(): Graph {
    for (const operation of this.#recipe.operations) this.#operation(operation);
    const last = this.#at(0);
    const type = this.#builder.typeOf(last);
    const isScore = type.dtype === 'f32' && this.#values.length > 1 && this.#random.chance(0.4);
    const output = isScore ? last : this.#dense({ kind: 'dense', a: this.#recipe.outputs - 1, b: 0, c: 1, back: 0 }, last);
    return this.#builder.finish(output ?? last);
  }

  #at(back: number): ValueId {
    return this.#values[Math.max(0, this.#values.length - 1 - back)] as ValueId;
  }

  #add<K extends OpKind>(kind: K, attrs: AttrsOf<K>, ...inputs: readonly ValueId[]): ValueId {
    return this.#builder.node(kind, kind, attrs, inputs, ORIGIN);
  }

  #operation(operation: MixedOperation): void {
    const x = this.#at(operation.back);
    const made = this.#made(operation, x);
    if (made !== undefined && elementCount(this.#builder.typeOf(made).shape) <= MOST_ELEMENTS) this.#values.push(made);
  }

  /** Undefined where the operation does not fit the value: it is then left out. */
  #made(operation: MixedOperation, x: ValueId): ValueId | undefined {
    const { shape } = this.#builder.typeOf(x);
    switch (operation.kind) {
      case 'sign':
        return this.#add('sign', { zero: operation.a % 2 === 0 ? 'plus' : 'minus' }, x);
      case 'conv2d':
        return this.#conv(operation, x);
      case 'dense':
        return this.#dense(operation, x);
      case 'norm':
        return this.#norm(operation, x);
      case 'steps':
        return this.#add('elementwise', { steps: this.#steps(operation, shape) }, x);
      case 'max-pool': {
        const window = this.#window(operation, shape, true);
        return window && this.#add('max-pool', { ...window, minimum: null }, x);
      }
      case 'average-pool': {
        const window = this.#window(operation, shape, true);
        return window && this.#add('average-pool', { ...window, countPadding: operation.a % 2 === 0, sum: 'sequential' }, x);
      }
      case 'combine':
        return this.#combine(operation, x);
      case 'concat': {
        const others = this.#values.filter((id) => {
          const other = this.#builder.typeOf(id).shape;
          return other.length === shape.length && other.slice(0, -1).every((size, axis) => size === shape[axis]);
        });
        const other = others[operation.a % Math.max(1, others.length)];
        return other && this.#add('concat', {}, x, other);
      }
      case 'slice': {
        const ranges = shape.map((size, axis) => {
          const start = [operation.a, operation.b, operation.c][axis] ?? operation.a;
          const from = start % size;
          const step = 1 + (operation.c % 2);
          return { start: from, size: Math.floor((size - 1 - from) / step) + 1, step };
        });
        return this.#add('slice', { ranges }, x);
      }
      case 'flatten':
        return shape.length === 1 ? undefined : this.#add('reshape', { shape: [elementCount(shape)] }, x);
    }
  }

  #window({ a, b, c }: MixedOperation, shape: readonly number[], pool: boolean): Window | undefined {
    if (shape.length !== 3) return undefined;
    const [height = 1, width = 1] = shape;
    const kernel = [1 + (a % Math.min(3, height)), 1 + (b % Math.min(3, width))] as const;
    const stride = [1 + (c % 3), 1 + ((c + a) % 3)] as const;
    const fits = (axis: 0 | 1): number => ((b + c) % 4 === 0 && 2 * (kernel[axis] - 1) < ([height, width][axis] ?? 1) ? 2 : 1);
    const dilation = [fits(0), fits(1)] as const;
    const most = (axis: 0 | 1): number => (pool ? kernel[axis] - 1 : 2);
    const pad = (axis: 0 | 1): number => (a % 2 === 0 ? 0 : this.#random.integer(0, most(axis)));
    const padding = { top: pad(0), left: pad(1), bottom: pad(0), right: pad(1) };
    const size = (axis: 0 | 1, before: number, after: number): number =>
      outputSize([height, width][axis] ?? 1, before, after, kernel[axis], stride[axis], dilation[axis]);
    if (size(0, padding.top, padding.bottom) < 1 || size(1, padding.left, padding.right) < 1) return undefined;
    return { kernel, stride, dilation, padding };
  }

  /** ±α, {0, ±α} or real, as c says. */
  #weights(outputs: number, taps: number, c: number): Weights {
    const { pick, unit, chance } = this.#random;
    const alpha = (): number => pick([1, 1, 0.5, Math.fround(0.1 + unit())]);
    const kind = c % 4;
    if (kind <= 1) {
      const scale = kind === 0 ? Float32Array.of(pick([1, 1, 0.25])) : Float32Array.from({ length: outputs }, alpha);
      return { kind: 'binary', outputs, signs: this.#random.signs(outputs * taps), scale };
    }
    const scales = Float32Array.from({ length: outputs }, alpha);
    const value = (i: number): number => {
      if (kind === 3) return Math.fround(unit() * 2 - 1);
      return chance(0.5) ? 0 : pick([1, -1]) * (scales[Math.floor(i / taps)] as number);
    };
    const values = Float32Array.from({ length: outputs * taps }, (_, i) => value(i));
    const binary = toBinaryWeights(values, outputs); // as a frontend does
    return 'kind' in binary ? binary : { kind: 'real', outputs, values };
  }

  #bias(outputs: number, wanted: boolean): Float32Array | null {
    return wanted
      ? Float32Array.from({ length: outputs }, () => this.#random.pick([0, 1, -0.5, Math.fround(this.#random.unit() - 0.5)]))
      : null;
  }

  #conv(operation: MixedOperation, x: ValueId): ValueId | undefined {
    const { shape } = this.#builder.typeOf(x);
    const window = this.#window(operation, shape, false);
    if (window === undefined) return undefined;
    const channels = channelCount(shape);
    const groups = operation.b % 5 === 0 ? channels : 1;
    const perGroup = groups === 1 ? 1 + operation.c + (operation.a === 11 ? 25 : 0) : 1 + (operation.c % 2);
    const outputs = groups * perGroup;
    const taps = window.kernel[0] * window.kernel[1] * (channels / groups);
    if (taps * outputs * elementCount(shape.slice(0, 2)) > MOST_WORK) return undefined;
    const attrs = {
      ...window,
      weights: this.#weights(outputs, taps, operation.c),
      bias: this.#bias(outputs, operation.b % 3 === 0),
      sum: 'sequential',
      threshold: null,
      groups,
      padValue: this.#random.pick([0, 0, 1, -1] as const),
    } as const;
    return this.#add('conv2d', attrs, x);
  }

  #dense({ a, b, c }: MixedOperation, from: ValueId): ValueId | undefined {
    const { shape } = this.#builder.typeOf(from);
    const inputs = elementCount(shape);
    const outputs = 1 + a * (a > 8 ? 4 : 1);
    if (inputs * outputs > MOST_WORK) return undefined;
    const x = shape.length === 1 ? from : this.#add('reshape', { shape: [inputs] }, from);
    const weights = this.#weights(outputs, inputs, c);
    return this.#add('dense', { weights, bias: this.#bias(outputs, b % 3 === 0), sum: 'sequential', threshold: null }, x);
  }

  #norm({ a, b }: MixedOperation, x: ValueId): ValueId {
    const { pick, unit } = this.#random;
    const channels = channelCount(this.#builder.typeOf(x).shape);
    const floats = (value: () => number): Float32Array => Float32Array.from({ length: channels }, value);
    const attrs = {
      gamma: floats(() => pick([1, 0.3 + unit(), -0.5, a % 4 === 0 ? 0 : -1, 1e-6])),
      beta: floats(() => pick([0, unit() - 0.5])),
      mean: floats(() => pick([0, 1, (unit() - 0.5) * 4])),
      variance: floats(() => pick([1, 0.5 + unit(), b % 4 === 0 ? 1e-40 : 4])),
      epsilon: pick([1e-5, 1e-3]),
      form: pick(['scale-shift', 'normalize'] as const),
    };
    return this.#add('batch-norm', attrs, x);
  }

  #steps({ a, b, c }: MixedOperation, shape: readonly number[]): readonly Step[] {
    const { pick, unit } = this.#random;
    const operators: readonly StepOperator[] = [
      'maximum',
      'prelu',
      'tanh',
      'sigmoid',
      'absolute',
      'minimum',
      'multiply',
      'add',
      'subtract',
      'divide',
    ];
    const lengths = [1, channelCount(shape), elementCount(shape)];
    return Array.from({ length: 1 + (b % 2) }, (_, i) => {
      const operator = operators[(a + i * 3) % operators.length] ?? 'add';
      const constant = (): number => {
        if (operator === 'maximum') return 0;
        if (operator === 'minimum') return pick([1, 6]);
        if (operator === 'prelu') return pick([0.25, 0, 1, -0.5, 0.1]);
        return pick([0.5, -1, 2, 0.1 + unit()]);
      };
      if (UNARY.has(operator)) return { operator, values: new Float32Array(1) };
      return { operator, values: Float32Array.from({ length: lengths[c % 3] ?? 1 }, constant) };
    });
  }

  /** With a value of the same size, or one that is repeated; with itself where there is none. */
  #combine({ a, b }: MixedOperation, x: ValueId): ValueId {
    const { shape } = this.#builder.typeOf(x);
    const fitting = this.#values.filter((id) => {
      const other = this.#builder.typeOf(id).shape;
      return other.length === shape.length && other.every((size, axis) => size === 1 || size === shape[axis]);
    });
    const other = fitting[a % fitting.length] ?? x;
    const operator = (['add', 'add', 'subtract', 'multiply'] as const)[b % 4] ?? 'add';
    return this.#random.chance(0.5)
      ? this.#add('combine', { operator, sum: 'sequential' }, x, other)
      : this.#add('combine', { operator, sum: 'sequential' }, other, x);
  }
}

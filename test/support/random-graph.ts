/** Builds the graph of a recipe as a frontend would hand it over: real-valued operations, sums in sequence, nothing folded. */
import type { InputMeaning } from '../../compiler/driver/meaning.ts';
import { GraphBuilder } from '../../compiler/ir/builder.ts';
import { DTYPES, elementCount } from '../../compiler/ir/encoding.ts';
import { outputSize, type Step, type Weights } from '../../compiler/ir/attributes.ts';
import { channelSlice, type Range } from '../../compiler/ir/ops/slice.ts';
import { printGraph } from '../../compiler/ir/print.ts';
import type { Graph, TensorData, TensorType, ValueId } from '../../compiler/ir/types.ts';
import { encodingOf } from './input-encoding.ts';
import { randomFrom, type Random } from './random.ts';
import type { BlockRecipe, FinalRecipe, InputRecipe, LayerRecipe, PoolRecipe, Recipe, StepRecipe } from './recipe.ts';

export interface RandomNetwork {
  readonly graph: Graph;
  readonly meaning: InputMeaning;
}

const ORIGIN = { file: 'random', path: 'graph' };
/** Multiply-accumulates of one layer, so that the slow definitions stay quick. */
const MOST_WORK = 150_000;

export function buildNetwork(recipe: Recipe): RandomNetwork {
  const writer = new Writer(recipe);
  return { graph: writer.graph(), meaning: { type: recipe.input.dtype, encoding: encodingOf(recipe.input), signZero: recipe.signZero } };
}

/** For failure messages. */
export function describeNetwork(recipe: Recipe): string {
  return `${JSON.stringify(recipe)}\n${printGraph(buildNetwork(recipe).graph)}`;
}

/** Stored inputs: both extremes, then random ones. */
export function networkInputs({ seed, input }: Recipe, type: TensorType, count: number): readonly TensorData[] {
  const random = randomFrom(seed ^ 0x5eed);
  const { minimum, maximum, allocate } = DTYPES[input.dtype];
  return Array.from({ length: count }, (_, sample) => {
    const constant = [undefined, minimum, maximum][sample];
    const element = (): number => constant ?? (input.dtype === 'b1' ? random.pick([-1, 1]) : random.integer(minimum, maximum));
    return Object.assign(allocate(elementCount(type.shape)), Array.from({ length: elementCount(type.shape) }, element));
  });
}

class Writer {
  readonly #recipe: Recipe;
  readonly #random: Random;
  readonly #builder = new GraphBuilder('random');
  #at: ValueId;
  /** Rough size of one input of the next layer, for constants near the real sums. */
  #spread: number;
  /** A sign has been passed. */
  #isBinary = false;

  constructor(recipe: Recipe) {
    this.#recipe = recipe;
    this.#random = randomFrom(recipe.seed);
    const { height, width, channels, dtype, encoding } = recipe.input;
    const shape = width === 0 ? [height * channels] : [height, width, channels];
    this.#at = this.#builder.input('input', { dtype: 'f32', shape }, ORIGIN);
    this.#spread = dtype === 'b1' || ['unit', 'shifted', 'normalised', 'per-channel'].includes(encoding) ? 1 : 100;
  }

  graph(): Graph {
    const { input, blocks, final } = this.#recipe;
    this.#before(input);
    for (const block of blocks) this.#block(block);
    this.#final(final);
    return this.#builder.finish(this.#at);
  }

  #shape(): readonly number[] {
    return this.#builder.typeOf(this.#at).shape;
  }

  #channels(): number {
    return this.#shape().at(-1) ?? 1;
  }

  #floats(length: number, value: () => number): Float32Array {
    return Float32Array.from({ length }, value);
  }

  #elementwise(name: string, steps: readonly Step[]): void {
    this.#at = this.#builder.node('elementwise', name, { steps }, [this.#at], ORIGIN);
  }

  #before({ before }: InputRecipe): void {
    const { pick } = this.#random;
    if (before === 'affine') {
      this.#elementwise('scaled', [
        { operator: 'multiply', values: Float32Array.of(pick(this.#recipe.dyadic ? [0.5, 2] : [0.5, 2, 1 / 255])) },
        { operator: 'subtract', values: Float32Array.of(pick([0.5, 1, 0])) },
      ]);
    } else if (before === 'inverted') {
      this.#elementwise('inverted', [
        { operator: 'multiply', values: Float32Array.of(-1) },
        { operator: 'add', values: Float32Array.of(1) },
      ]);
    } else if (before === 'sign') {
      if (this.#random.chance(0.5))
        this.#elementwise('centred', [{ operator: 'subtract', values: this.#floats(this.#channels(), () => pick([0.5, 1, 3, -2])) }]);
      this.#sign(pick(['plus', 'minus', 'compare', 'where']));
    } else if (before === 'pool') {
      this.#pool({ place: 'none', kernel: [2, 2], stride: [1, 2], padded: this.#random.chance(0.5), dilation: [1, 1] });
      this.#sign(pick(['plus', 'minus', 'compare']));
    }
  }

  #block(block: BlockRecipe): void {
    const { kind, join, parts } = block.branch;
    const input = this.#at;
    const spread = this.#spread;
    const isBinary = this.#isBinary;
    /** The results of `make` from each of the sources, side by side. */
    const each = (sources: readonly ValueId[], make: () => void): void =>
      this.#join(
        sources.map((source) => {
          this.#at = source;
          this.#spread = spread;
          make();
          return this.#at;
        }),
      );
    if (kind === 'parallel' || kind === 'split') {
      const sources = kind === 'split' ? this.#parts(parts) : Array.from({ length: parts }, () => input);
      each(sources, () => {
        this.#layer(block.layer);
        if (join === 'bits') this.#activation(block);
      });
      if (join === 'sums') this.#activation(block);
    } else if (kind === 'again') {
      this.#layer(block.layer);
      const sums = this.#at;
      this.#activation({ ...block, pool: { ...block.pool, place: 'none' } });
      this.#layer({ ...block.layer, kernel: [1, 1], padding: [0, 0, 0, 0], stride: [1, 1], groups: 'one', outputs: 5 });
      this.#join([sums, this.#at]);
      this.#activation(block);
    } else {
      this.#layer(block.layer);
      this.#activation(block);
    }
    if (kind === 'skip' && isBinary) this.#skip(input);
    if (kind === 'thin') this.#slice('thin', { start: 1, size: Math.floor(this.#channels() / 2), step: 2 });
    if (kind === 'crop') this.#crop(this.#shape().map((size, axis) => (axis === 2 ? size : Math.max(1, size - 2))));
    this.#spread = 1;
  }

  #join(parts: readonly ValueId[]): void {
    this.#at = this.#builder.node('concat', 'concat', {}, parts, ORIGIN);
  }

  /** The channels in up to `count` pieces of different sizes. */
  #parts(count: number): readonly ValueId[] {
    const input = this.#at;
    const channels = this.#channels();
    const cuts = Array.from({ length: count - 1 }, () => this.#random.integer(1, channels));
    const ends = [...new Set([...cuts, channels])].sort((a, b) => a - b);
    return ends.map((end, i) => {
      this.#at = input;
      const start = ends[i - 1] ?? 0;
      this.#slice('part', { start, size: end - start, step: 1 });
      return this.#at;
    });
  }

  #slice(name: string, channels: Range): void {
    if (channels.size > 0) this.#at = this.#builder.node('slice', name, channelSlice(this.#shape(), channels), [this.#at], ORIGIN);
  }

  #crop(sizes: readonly number[]): void {
    if (this.#shape().length !== 3) return;
    const ranges = this.#shape().map((size, axis) => ({ start: size > (sizes[axis] ?? 1) ? 1 : 0, size: sizes[axis] ?? 1, step: 1 }));
    this.#at = this.#builder.node('slice', 'crop', { ranges }, [this.#at], ORIGIN);
  }

  /** Joins the result with the part of `input` that has its size, if there is one. */
  #skip(input: ValueId): void {
    const result = this.#at;
    const [from, to] = [this.#builder.typeOf(input).shape, this.#shape()];
    if (from.length !== to.length || to.slice(0, -1).some((size, axis) => size > (from[axis] ?? 0))) return;
    this.#at = input;
    this.#crop([...to.slice(0, -1), from.at(-1) ?? 1]);
    this.#join([this.#at, result]);
  }

  #layer(layer: LayerRecipe): void {
    if (layer.kind === 'dense' || this.#shape().length === 1) this.#dense(layer);
    else this.#conv(layer);
  }

  #activation({ pool, norm, constants, steps, sign }: BlockRecipe): void {
    if (pool.place === 'before-norm') this.#pool(pool);
    this.#norm(norm, constants);
    this.#steps(steps);
    if (pool.place === 'after-norm') this.#pool(pool);
    this.#sign(sign);
    if (pool.place === 'after-sign') this.#pool(pool);
    this.#spread = 1;
  }

  #final({ kind, outputs, alpha, bias, norm, constants, steps }: FinalRecipe): void {
    const layer: LayerRecipe = {
      kind,
      outputs,
      kernel: [2, 2],
      stride: [1, 1],
      dilation: [1, 1],
      groups: 'one',
      padding: [0, 1, 0, 0],
      padValue: 0,
      alpha,
      bias,
    };
    this.#layer(layer);
    this.#norm(norm, constants);
    this.#steps(steps);
  }

  #weights(outputs: number, taps: number, { alpha }: LayerRecipe): Weights {
    const one = (): number => this.#random.pick(this.#recipe.dyadic ? [0.5, 2, 1.25] : [0.5, 0.1, 0.7311, 1.25]);
    const scale = alpha === 'one' ? Float32Array.of(1) : this.#floats(alpha === 'uniform' ? 1 : outputs, one);
    this.#spread *= Math.sqrt(taps);
    return { kind: 'binary', outputs, signs: this.#random.signs(outputs * taps), scale };
  }

  #bias(outputs: number, wanted: boolean): Float32Array | null {
    const value = (): number => this.#random.pick([0, 1, -1, 0.5, this.#recipe.dyadic ? -7.5 : this.#random.unit() * this.#spread]);
    return wanted ? this.#floats(outputs, value) : null;
  }

  #dense(layer: LayerRecipe): void {
    const inputs = elementCount(this.#shape());
    if (this.#shape().length > 1) this.#at = this.#builder.node('reshape', 'flatten', { shape: [inputs] }, [this.#at], ORIGIN);
    const weights = this.#weights(layer.outputs, inputs, layer);
    const attrs = { weights, bias: this.#bias(layer.outputs, layer.bias), sum: 'sequential', threshold: null } as const;
    this.#at = this.#builder.node('dense', 'dense', attrs, [this.#at], ORIGIN);
  }

  #conv(layer: LayerRecipe): void {
    const [height = 1, width = 1, channels = 1] = this.#shape();
    const groups = layer.groups === 'depthwise' ? channels : layer.groups === 'three' && channels % 3 === 0 ? 3 : 1;
    const [top, left, bottom, right] = layer.padding;
    const kernel = [0, 1].map((axis) => Math.min(layer.kernel[axis] ?? 1, [height, width][axis] ?? 1)) as unknown as readonly [
      number,
      number,
    ];
    const dilation = [0, 1].map((axis) => {
      const wanted = layer.dilation[axis] ?? 1;
      return wanted * ((kernel[axis] ?? 1) - 1) < ([height, width][axis] ?? 1) ? wanted : 1;
    }) as unknown as readonly [number, number];
    const rows = outputSize(height, top, bottom, kernel[0], layer.stride[0], dilation[0]);
    const columns = outputSize(width, left, right, kernel[1], layer.stride[1], dilation[1]);
    const taps = kernel[0] * kernel[1] * (channels / groups);
    const most = Math.max(1, Math.floor(MOST_WORK / (rows * columns * taps)));
    const outputs = groups * Math.max(1, Math.round(Math.min(layer.outputs, most) / groups));
    const weights = this.#weights(outputs, taps, layer);
    const padding = { top, left, bottom, right };
    const { stride, padValue } = layer;
    const bias = this.#bias(outputs, layer.bias);
    const attrs = { weights, bias, sum: 'sequential', threshold: null, kernel, stride, dilation, padding, groups, padValue } as const;
    this.#at = this.#builder.node('conv2d', 'conv', attrs, [this.#at], ORIGIN);
  }

  #pool({ kernel: wanted, stride, padded, dilation }: PoolRecipe): void {
    const shape = this.#shape();
    if (shape.length !== 3) return;
    const kernel = [Math.min(wanted[0], shape[0] ?? 1), Math.min(wanted[1], shape[1] ?? 1)] as const;
    const fits = (axis: 0 | 1): number => (dilation[axis] * (kernel[axis] - 1) < (shape[axis] ?? 1) ? dilation[axis] : 1);
    const pad = (axis: 0 | 1): number => (padded ? Math.min(1, kernel[axis] - 1) : 0);
    const padding = { top: pad(0), left: pad(1), bottom: 0, right: pad(1) };
    const attrs = { kernel, stride, dilation: [fits(0), fits(1)] as const, padding, minimum: null };
    this.#at = this.#builder.node('max-pool', 'pool', attrs, [this.#at], ORIGIN);
  }

  #norm(form: BlockRecipe['norm'], constants: BlockRecipe['constants']): void {
    if (form === 'none') return;
    const { pick, unit, integer } = this.#random;
    const count = this.#channels();
    const around = this.#spread;
    const hostile = constants === 'hostile';
    const symmetric = (size: number): number => (unit() * 2 - 1) * size;
    const attrs = {
      gamma: this.#floats(count, () => (hostile ? pick([0, 1e-6, -1e-6, -1, 1, -0.3, 2, -0]) : 0.2 + unit())),
      beta: this.#floats(count, () => (hostile ? pick([0, 0, symmetric(1), 1e-6, -0]) : symmetric(0.5))),
      mean: this.#floats(count, () => (hostile ? pick([0, integer(-3, 3), symmetric(around), 100 * around, -1e6]) : symmetric(around))),
      variance: this.#floats(count, () => (hostile ? pick([1, 1e-40, 1e-9, 0, around * around]) : around * around * (0.5 + unit()))),
      epsilon: pick([1e-5, 1e-3]),
      form,
    };
    this.#at = this.#builder.node('batch-norm', 'norm', attrs, [this.#at], ORIGIN);
  }

  #steps(steps: readonly StepRecipe[]): void {
    for (const kind of steps) this.#elementwise(kind, this.#step(kind));
  }

  #step(kind: StepRecipe): readonly Step[] {
    const { pick, chance } = this.#random;
    const values = (...choices: readonly number[]): Float32Array =>
      chance(0.5) ? Float32Array.of(pick(choices)) : this.#floats(this.#channels(), () => pick(choices));
    switch (kind) {
      case 'relu':
        return [{ operator: 'maximum', values: Float32Array.of(0) }];
      case 'clip':
        return [
          { operator: 'maximum', values: Float32Array.of(-1) },
          { operator: 'minimum', values: Float32Array.of(pick([1, Infinity])) },
        ];
      case 'negate':
        return [{ operator: 'multiply', values: Float32Array.of(-1) }];
      case 'divide':
        return [{ operator: 'divide', values: values(3, -0.7, 1e3) }];
      case 'multiply':
        return [{ operator: 'multiply', values: values(0.1, -2, 1e-7, 3) }];
      default:
        return [{ operator: kind, values: values(0.3, -1, 0.5, 0) }];
    }
  }

  #sign(sign: BlockRecipe['sign']): void {
    this.#isBinary = true;
    if (sign === 'compare' || sign === 'where') {
      const operator = this.#random.pick(['greater', 'greater-or-equal', 'less', 'less-or-equal'] as const);
      const values = this.#random.chance(0.5) ? Float32Array.of(0) : this.#floats(this.#channels(), () => this.#random.pick([0, 0.25, -1]));
      this.#at = this.#builder.node('compare', 'compare', { operator, values }, [this.#at], ORIGIN);
      const [whenTrue, whenFalse] =
        sign === 'compare'
          ? [1, -1]
          : this.#random.pick([
              [1, 0],
              [-1, 1],
              [0, 1],
              [2, -1],
            ] as const);
      this.#at = this.#builder.node('select', 'select', { whenTrue, whenFalse }, [this.#at], ORIGIN);
      return;
    }
    this.#at = this.#builder.node('sign', 'sign', { zero: sign }, [this.#at], ORIGIN);
  }
}

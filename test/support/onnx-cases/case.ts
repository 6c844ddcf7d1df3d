/** What a case of an ONNX operator is, and what the cases share. */
import { type AttributeValue, type OnnxModel } from '../onnx-model.ts';

/** Small numbers from a seed. */
export class Draw {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  int(low: number, high: number): number {
    return low + Math.floor(this.#random() * (high - low + 1));
  }

  flag(): boolean {
    return this.#random() < 0.5;
  }

  pick<T>(list: readonly T[]): T {
    const chosen = list[this.int(0, list.length - 1)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  }

  /** A float32 that is an integer, 0, or a few binary digits behind the point. */
  value(): number {
    return this.flag() ? this.int(-4, 4) : Math.fround(this.int(-200, 200) / this.pick([64, 3, 7]));
  }

  values(count: number): number[] {
    return Array.from({ length: count }, () => this.value());
  }

  integers(low: number, high: number, count: number): number[] {
    return Array.from({ length: count }, () => this.int(low, high));
  }

  /** [1, …] of this rank. */
  shape(rank = this.pick([2, 2, 4])): readonly number[] {
    return [1, ...this.integers(1, rank === 4 ? 5 : 9, rank - 1)];
  }
}

export interface Built {
  readonly output: string;
  /** Shape of the input `x`. */
  readonly shape: readonly number[];
  /** Terms of a float sum: results may differ by 2·K·2^-24·Σ|terms|. Absent where every result is exact. */
  readonly terms?: number;
  /** How far results may be apart where a function is approximated. Absent where it is not. */
  readonly tolerance?: number;
  /** What an operator that onnxruntime lacks means, on the sample in the file's order. */
  readonly means?: (sample: readonly number[]) => readonly number[];
}

export interface Case {
  /** Operator sets in which the operator exists in this form. */
  readonly opsets: readonly [first: number, last: number];
  /** `magnitude` is applied to weights: the same model with |weights| and |x| sums |terms|. */
  readonly build: (model: OnnxModel, draw: Draw, magnitude: (value: number) => number) => Built;
}

export const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
export const ALL = [7, 21] as const;
export const FLOAT = 1;

export function on(
  opsets: Case['opsets'],
  build: (model: OnnxModel, x: string, draw: Draw, shape: readonly number[]) => string,
  rank?: number,
): Case {
  return {
    opsets,
    build: (model, draw) => {
      const shape = draw.shape(rank);
      return { output: build(model, model.input('x', shape), draw, shape), shape };
    },
  };
}

/** As `on`, for a function that onnxruntime approximates in another way. */
export function near(opsets: Case['opsets'], tolerance: number, build: (model: OnnxModel, x: string, draw: Draw) => string): Case {
  return {
    opsets,
    build: (model, draw) => {
      const shape = draw.shape();
      return { output: build(model, model.input('x', shape), draw), shape, tolerance };
    },
  };
}

/** A constant that broadcasts to the shape: a number, one for each channel, or all elements. */
export function operand(model: OnnxModel, draw: Draw, shape: readonly number[], value: () => number = () => draw.value()): string {
  const [, channels = 1, ...rest] = shape;
  const chosen = draw.pick([[], [1], [channels, ...rest.map(() => 1)], shape]);
  return model.floats(
    chosen,
    Array.from({ length: count(chosen) }, () => value()),
  );
}

export function unary(op: string, first = 7, attributes: (draw: Draw) => Record<string, AttributeValue> = () => ({})): Case {
  return on([first, 21], (model, x, draw) => model.node(op, [x], attributes(draw)));
}

/** Axes as an input from operator set `first` on, as an attribute before. */
export const axesOf = (model: OnnxModel, axes: readonly number[], first: number): [string[], Record<string, AttributeValue>] =>
  model.opset >= first ? [[model.integers(axes)], {}] : [[], { axes }];

/** Sums the signs of the elements in the file's order with integer weights: a wrong order gives a wrong sum. */
export function probe(model: OnnxModel, x: string, draw: Draw, size: number): string {
  const flat = model.node('Reshape', [x, model.integers([1, -1])]);
  return model.node('MatMul', [model.node('Sign', [flat]), model.floats([size, 3], draw.integers(-9, 9, size * 3))]);
}

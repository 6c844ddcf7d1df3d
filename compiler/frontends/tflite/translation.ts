/** What the translations of single operators share: their inputs, options and activations. */
import type { ChannelsLast, Value } from '../channels-last.ts';
import { refuseUse } from '../refuse-use.ts';
import type { Window } from '../window.ts';
import type { NodeSource } from '../onnx/network.ts';
import type { LiteModel, LiteOperator, LiteTensor, Weights } from './model.ts';

/** A tensor that is computed; `bits` stands for 32 channels a word. */
export interface Computed {
  readonly value: Value;
  readonly bits: boolean;
}

export class Translation {
  readonly channels: ChannelsLast;
  readonly operator: LiteOperator;
  readonly source: NodeSource;
  readonly weights: Weights;
  readonly #model: LiteModel;
  readonly #computed: ReadonlyMap<number, Computed>;

  constructor(
    channels: ChannelsLast,
    operator: LiteOperator,
    source: NodeSource,
    weights: Weights,
    model: LiteModel,
    computed: ReadonlyMap<number, Computed>,
  ) {
    this.channels = channels;
    this.operator = operator;
    this.source = source;
    this.weights = weights;
    this.#model = model;
    this.#computed = computed;
  }

  refuse(message: string): never {
    return refuseUse(this.source, message);
  }

  computed(position: number): Computed | null {
    return this.#computed.get(this.operator.inputs[position] ?? -1) ?? null;
  }

  /** A computed tensor of real numbers. */
  value(position = 0): Value {
    const found = this.computed(position) ?? this.refuse(`takes its input ${position} from a constant or from nothing`);
    return found.bits ? this.refuse(`takes packed bits as its input ${position}`) : found.value;
  }

  /** A tensor that the file holds; null where it is left out. */
  constant(position: number): LiteTensor | null {
    const index = this.operator.inputs[position] ?? -1;
    if (index === -1) return null;
    const tensor = this.#model.tensor(index, this.operator.origin);
    if (this.#computed.has(index)) this.refuse(`takes its input ${position} from what is computed at run time; bnnc needs a constant`);
    return tensor.data === null && tensor.shape.length === 0 ? null : tensor;
  }

  needed(position: number): LiteTensor {
    return this.constant(position) ?? this.refuse(`lacks its input ${position}`);
  }

  /** Numbers of a vector of `count`; null where it is left out. */
  vector(position: number, count: number): Float32Array | null {
    const tensor = this.constant(position);
    if (tensor === null) return null;
    const values = this.weights.floats(tensor);
    return values.length === count
      ? values
      : this.refuse(`has ${values.length} numbers in its input ${position} where ${count} are wanted`);
  }

  integers(position: number): readonly number[] {
    return this.weights.integers(this.needed(position));
  }

  option(field: number, absent = 0): number {
    return this.operator.options?.i32(field, absent) ?? absent;
  }

  choice(field: number): number {
    return this.operator.options?.u8(field) ?? 0;
  }

  number(field: number, absent: number): number {
    return this.operator.options?.f32(field, absent) ?? absent;
  }

  output(): LiteTensor {
    return this.#model.tensor(this.operator.outputs[0] ?? -1, this.operator.origin);
  }

  /** What follows an operator inside it: TensorFlow Lite's ActivationFunctionType, or its name. */
  activated(x: Value, activation: number | string): Value {
    const source = { ...this.source, name: `${this.source.name}/activation` };
    switch (activation) {
      case 0:
      case 'NONE':
      case '':
        return x;
      case 1:
      case 'RELU':
        return this.channels.each('Relu', x, {}, source);
      case 2:
      case 'RELU_N1_TO_1':
        return this.channels.limited('Clip', x, [-1, 1], source);
      case 3:
      case 'RELU6':
        return this.channels.limited('Clip', x, [0, 6], source);
      case 4:
        return this.channels.each('Tanh', x, {}, source);
      default:
        return this.refuse(`has the activation ${activation}; none, RELU, RELU_N1_TO_1, RELU6 and TANH work`);
    }
  }

  padding(field: number): Window['padding'] {
    const padding = this.choice(field);
    if (padding > 1) this.refuse(`has padding ${padding}; SAME (0) and VALID (1) work`);
    return padding === 0 ? 'same' : 'valid';
  }
}

export type Translate = (translation: Translation) => Computed;

/**
 * A network that another frontend has read and describes in the operators of ONNX (opset 17), so that layouts, flattens, branches
 * and every spelling of a sign are understood in one place:
 *
 *     const network = new OperatorNetwork('model.t7');
 *     const x = network.input('input', [1, 28, 28], origin);
 *     const w = network.constant([20, 1, 5, 5], weights);
 *     const y = network.add('Conv', [x, w], { pads: [2, 2, 2, 2] }, { name: 'conv1', shown: 'SpatialConvolution', origin });
 *     const scores = network.own('Sign', [y], { zero: 'plus' }, { name: 'sign1', shown: 'BinarizedNeurons', origin });
 *     return network.import(scores, side, options, diagnostics);
 */
import { create } from '@bufbuild/protobuf';
import type { Diagnostics, Origin } from '../../support/diagnostics.ts';
import { constant, int64s, type Constant } from './constant.ts';
import type { ElementData, ElementType } from '../../support/elements.ts';
import type { FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import { importModelGraph } from './import-model.ts';
import { indexGraph, type GivenInput } from './model-graph.ts';
import type { OnnxNode } from './node.ts';
import { AttributeProtoSchema, GraphProtoSchema, ValueInfoProtoSchema, type AttributeProto, type ValueInfoProto } from './onnx_pb.ts';

/** The operator set whose definitions apply. */
const OPSET = 17;
const FLOAT = 1;

/** Whole numbers serve as INT and as FLOAT, lists of them as INTS and as FLOATS, whichever the operator asks for. */
export type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

/** What a node is in the user's file. */
export interface NodeSource {
  readonly name: string;
  /** What the file calls the operator. */
  readonly shown: string;
  readonly origin: Origin;
}

function attribute(name: string, value: number | string | readonly number[]): AttributeProto {
  if (typeof value === 'string') return create(AttributeProtoSchema, { name, s: new TextEncoder().encode(value) });
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, f: value, i: BigInt(Math.trunc(value)) });
  return create(AttributeProtoSchema, { name, floats: [...value], ints: value.map((entry) => BigInt(Math.trunc(entry))) });
}

export class OperatorNetwork {
  readonly file: string;
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, Constant>();
  readonly #inputs: ValueInfoProto[] = [];
  readonly #givenInputs = new Map<string, GivenInput>();
  readonly #taken = new Set<string>();

  /** @param file name as it is shown to the user */
  constructor(file: string) {
    this.file = file;
  }

  /**
   * The network's input, float32. `sizes` are those of one sample; the batch is added. An image is [channels, height, width] or, with its
   * layout or where a Transpose comes first, [height, width, channels].
   */
  input(name: string, sizes: readonly number[], origin: Origin, layout: GivenInput['layout'] = null): string {
    const dim = [1, ...sizes].map((size) => ({ value: { case: 'dimValue', value: BigInt(size) } as const }));
    const tensor = this.#unique(name);
    const type = { value: { case: 'tensorType', value: { elemType: FLOAT, shape: { dim } } } } as const;
    this.#inputs.push(create(ValueInfoProtoSchema, { name: tensor, type }));
    this.#givenInputs.set(tensor, { origin, layout });
    return tensor;
  }

  /** A float32 constant. */
  constant(shape: readonly number[], values: ArrayLike<number>): string {
    return this.#hold(constant('float32', shape, values instanceof Float32Array ? values : Float32Array.from(values)));
  }

  /** A constant of any type; 16-bit floats are held as float32. */
  typed(element: ElementType, shape: readonly number[], data: ElementData): string {
    if (element === 'float16' || element === 'bfloat16') return this.constant(shape, data);
    return this.#hold(constant(element, shape, data));
  }

  /** A list of sizes, axes or indices. */
  integers(values: readonly number[]): string {
    return this.#hold(int64s(values));
  }

  /** Adds an operator of ONNX and returns its output; '' stands for an input that is left out. */
  add(op: string, inputs: readonly string[], attributes: Attributes, source: NodeSource): string {
    return this.#node(op, inputs, attributes, source, 1, false)[0] ?? '';
  }

  /** Adds an operator with several outputs, such as Split. */
  addMany(op: string, inputs: readonly string[], attributes: Attributes, source: NodeSource, outputs: number): readonly string[] {
    return this.#node(op, inputs, attributes, source, outputs, false);
  }

  /** Adds an operator of readers/own.ts. */
  own(op: 'Sign' | 'BatchNormalization', inputs: readonly string[], attributes: Attributes, source: NodeSource): string {
    return this.#node(op, inputs, attributes, source, 1, true)[0] ?? '';
  }

  /** The graph up to `output`, a tensor that was returned here, or up to the tensor or node that the user names. Of several outputs the user must name one. */
  import(output: string | readonly string[], side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
    const proto = create(GraphProtoSchema, { input: this.#inputs, output: [output].flat().map((name) => ({ name })) });
    const graph = indexGraph(proto, this.#nodes, this.file, diagnostics);
    const whole = { ...graph, constants: this.#constants, givenInputs: this.#givenInputs };
    return importModelGraph('model', whole, side, options.output, diagnostics);
  }

  #node(op: string, inputs: readonly string[], attributes: Attributes, source: NodeSource, count: number, own: boolean): readonly string[] {
    const outputs = Array.from({ length: count }, () => this.#unique(source.name));
    this.#nodes.push({
      ...source,
      op,
      domain: '',
      own,
      inputs,
      outputs,
      attributes: new Map(Object.entries(attributes).map(([name, value]) => [name, attribute(name, value)])),
      opset: OPSET,
    });
    return outputs;
  }

  #hold(value: Constant): string {
    const name = this.#unique(`constant${this.#constants.size + 1}`);
    this.#constants.set(name, value);
    return name;
  }

  #unique(wanted: string): string {
    let name = wanted === '' ? 'tensor' : wanted;
    for (let n = 2; this.#taken.has(name); n += 1) name = `${wanted}.${n}`;
    this.#taken.add(name);
    return name;
  }
}

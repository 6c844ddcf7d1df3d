/** From lowered graph to EvaluatorPlan: values by id, in any order of layers that the graph allows. */
import { accumulatorOf, isLinear, termsOfNode, type LinearNode } from '../ir/accumulator.ts';
import type { StepOperator } from '../ir/attributes.ts';
import { DTYPES, channelCount, elementCount } from '../ir/encoding.ts';
import { consumersOf, inputOf, producerOf, typeOf } from '../ir/graph.ts';
import { isDirect } from '../ir/integer-terms.ts';
import { storedMinimum } from '../ir/ops/max-pool.ts';
import { printType } from '../ir/print.ts';
import type { Graph, Node, NodeOf, TensorType, ValueId } from '../ir/types.ts';
import { wordsFor } from '../kernels/kernel.ts';
import { packSigns, signsOf } from '../kernels/packing.ts';
import { printRational, toNumber, type Rational } from '../support/rational.ts';
import { realOperation } from './evaluator-scores.ts';
import {
  EVALUATOR_INPUT,
  type EvaluatorLayer,
  type EvaluatorOperation,
  type EvaluatorPlan,
  type EvaluatorRow,
  type EvaluatorStep,
  type EvaluatorWindow,
  type ExactNumber,
} from './evaluator.ts';
import { toIdentifier, uniqueNames } from './names.ts';
import type { Provenance } from './plan.ts';

export interface EvaluatorOptions {
  readonly name: string;
  readonly provenance: Omit<Provenance, 'abi'>;
  readonly classes: readonly string[] | null;
  readonly notes: readonly string[];
}

/** A value as a step left it. */
type Place =
  /** `largest` bounds the magnitude of every element. */
  | { readonly form: 'elements'; readonly name: string; readonly largest: number }
  | { readonly form: 'bits'; readonly name: string; readonly run: number }
  | { readonly form: 'floats'; readonly name: string };

type Bits = Extract<Place, { form: 'bits' }>;
type Elements = Extract<Place, { form: 'elements' }>;

/** What the constant of an operation is. */
const CONSTANTS: { readonly [K in EvaluatorOperation['kind']]: string } = {
  transform: 'TRANSFORM',
  pick: 'RANGES',
  join: 'CHANNELS',
  spread: 'SIGNS',
  regroup: 'RUNS',
  'sum-bits': 'LAYER',
  'sum-elements': 'LAYER',
  reach: 'THRESHOLDS',
  any: 'WINDOW',
  flip: 'MASK',
  scale: 'SCALE',
  round: 'FRACTIONS',
  steps: 'STEPS',
};

/** The first operation that the evaluator has no form for: integer maps and real numbers between layers. */
export function beyondEvaluator(graph: Graph): Node | undefined {
  return graph.nodes.find((node) => {
    const types = [...node.inputs, node.output].map((id) => typeOf(graph, id).dtype);
    const isScore = node.output === graph.output || consumersOf(graph, node.output).every((next) => next.output === graph.output);
    switch (node.kind) {
      case 'elementwise': {
        const plain = node.attrs.steps.every(({ operator }) => PLAIN_STEPS.has(operator));
        return node.output !== graph.output || types[0] !== 'i32' || !plain || !isLinear(producerOf(graph, inputOf(node)));
      }
      case 'average-pool':
      case 'combine':
      case 'sign':
        return true;
      case 'conv2d':
      case 'dense':
        return node.attrs.sum === 'sequential' || (node.attrs.threshold === null && !isScore);
      case 'threshold':
        return types[0] === 'i32';
      default:
        return types.some((dtype) => dtype === 'f32' || dtype === 'i32') || (node.kind === 'max-pool' && types[0] !== 'b1');
    }
  });
}

const PLAIN_STEPS: ReadonlySet<StepOperator> = new Set(['add', 'subtract', 'multiply', 'divide', 'maximum', 'minimum']);

/** @param graph lowered: what the passes leave, in the order of execution */
export function buildEvaluator(graph: Graph, { name, provenance, classes, notes }: EvaluatorOptions): EvaluatorPlan {
  const inputType = typeOf(graph, graph.input);
  const { dtype, shape, encoding } = inputType;
  if (dtype !== 'u8' && dtype !== 'i8' && dtype !== 'b1') throw new Error(`the input of a lowered network is no ${dtype}`);
  const walk = new EvaluatorWalk(graph);
  const result = walk.run();
  const output = typeOf(graph, graph.output);
  const length = elementCount(output.shape);
  const named = classes?.length === length;
  const exact = (list: readonly Rational[] = []): readonly ExactNumber[] =>
    list.map((value) => ({ exact: printRational(value), value: toNumber(value) }));
  return {
    name,
    provenance,
    input: { dtype, shape, length: elementCount(shape), scale: exact(encoding?.scale), offset: exact(encoding?.offset) },
    output: { dtype: output.dtype === 'f32' ? 'f32' : 'i32', shape: output.shape, length },
    classes: named ? classes : null,
    predict: length >= 2,
    notes:
      classes === null || named ? notes : [...notes, `the model names ${classes.length} classes for ${length} scores: they are left out`],
    layers: walk.rows,
    steps: walk.steps,
    result,
  };
}

class EvaluatorWalk {
  readonly steps: EvaluatorStep[] = [];
  readonly rows: EvaluatorRow[] = [];
  readonly #graph: Graph;
  readonly #places = new Map<ValueId, Place>();
  readonly #uniqueResult = uniqueNames();
  readonly #uniqueConstant = uniqueNames();

  constructor(graph: Graph) {
    this.#graph = graph;
    const { dtype, shape } = typeOf(graph, graph.input);
    const { minimum, maximum } = DTYPES[dtype];
    const place: Place =
      dtype === 'b1'
        ? { form: 'bits', name: EVALUATOR_INPUT, run: elementCount(shape) }
        : { form: 'elements', name: EVALUATOR_INPUT, largest: Math.max(-minimum, maximum) };
    this.#places.set(graph.input, place);
  }

  /** @returns the name of the output value */
  run(): string {
    for (const node of this.#graph.nodes) {
      this.#places.set(node.output, this.#node(node, this.#inputOf(node)));
      if (node.kind === 'reshape' || node.kind === 'rescale') continue;
      const input = node.inputs.map((id) => printType(typeOf(this.#graph, id))).join(', ');
      this.rows.push({ name: node.name, op: node.kind, input, output: printType(typeOf(this.#graph, node.output)) });
    }
    const place = this.#placeOf(this.#graph.output);
    if (place.form === 'bits') throw new Error('a lowered network ends in scores, not in bits');
    return place.name;
  }

  #placeOf(id: ValueId): Place {
    const place = this.#places.get(id);
    if (place === undefined) throw new Error(`%${id} is read before it is made`);
    return place;
  }

  #inputOf(node: Node): Place {
    const [id] = node.inputs;
    if (id === undefined) throw new Error(`"${node.name}" has no input`);
    return this.#placeOf(id);
  }

  #typeOfInput(node: Node): TensorType {
    const [id] = node.inputs;
    if (id === undefined) throw new Error(`"${node.name}" has no input`);
    return typeOf(this.#graph, id);
  }

  #node(node: Node, input: Place): Place {
    const { shape } = typeOf(this.#graph, node.output);
    switch (node.kind) {
      case 'reshape':
      case 'rescale':
        return input;
      case 'conv2d':
      case 'dense':
        return this.#linear(node, input);
      case 'threshold':
        return this.#threshold(node, input);
      case 'max-pool':
        return this.#pool(node, input);
      case 'invert': {
        const bits = this.#inRuns(node, input, channelCount(shape));
        return this.#bits(node, bits, channelCount(shape), { kind: 'flip', mask: maskOf(node.attrs.channels) });
      }
      case 'slice': {
        const { shape: from } = this.#typeOfInput(node);
        const { ranges } = node.attrs;
        return this.#rearranged(node, (names) => this.#step('elements', node, names, { kind: 'pick', shape: from, ranges }));
      }
      case 'concat': {
        const channels = node.inputs.map((id) => channelCount(typeOf(this.#graph, id).shape));
        return this.#rearranged(node, (names) => this.#step('elements', node, names, { kind: 'join', channels }));
      }
      case 'elementwise': {
        const elements = this.#elementsOf(node, input);
        const name = this.#step('reals', node, elements.name, realOperation(this.#typeOfInput(node), elements.largest));
        const { steps } = node.attrs;
        return { form: 'floats', name: steps.length === 0 ? name : this.#step('scores', node, name, { kind: 'steps', steps }) };
      }
      case 'average-pool':
      case 'combine':
      case 'sign':
      case 'batch-norm':
      case 'compare':
      case 'select':
        throw new Error(`"${node.name}" (${node.kind}) is left over in a lowered network`);
    }
  }

  /** What only moves elements; bits are spread before it and packed behind it. */
  #rearranged(node: Node, move: (names: readonly string[]) => string): Place {
    const elements = node.inputs.map((id) => this.#elementsOf(node, this.#placeOf(id), id));
    const name = move(elements.map((place) => place.name));
    const type = typeOf(this.#graph, node.output);
    const channels = channelCount(type.shape);
    if (type.dtype === 'b1') return this.#bits(node, { name }, channels, { kind: 'reach', channels, thresholds: [1] });
    return { form: 'elements', name, largest: elements.reduce((largest, place) => Math.max(largest, place.largest), 0) };
  }

  #linear(node: LinearNode, input: Place): Place {
    const type = this.#typeOfInput(node);
    const { threshold, weights } = node.attrs;
    const accumulator = accumulatorOf(node, type);
    const largest = Array.from({ length: weights.outputs }, (_, o) => accumulator.bound(o)).reduce((a, b) => Math.max(a, b), 0);
    const name = this.#sums(node, input, type);
    if (threshold === null) return { form: 'elements', name, largest };
    return this.#bits(node, { name }, weights.outputs, { kind: 'reach', channels: weights.outputs, thresholds: [...threshold] });
  }

  /** Name of the sums of a layer: over bits where the terms are the signs themselves, otherwise over integers. */
  #sums(node: LinearNode, input: Place, type: TensorType): string {
    const terms = termsOfNode(node, type);
    const direct = isDirect(terms);
    if (input.form === 'bits' && direct) {
      const groups = node.kind === 'conv2d' ? node.attrs.groups : 1;
      // Where pixels fill their words, a flattened image stays as it lies: pixels are the taps of a window as large as the image.
      const whole = input.run % 32 === 0 ? input.run : elementCount(type.shape);
      const run = node.kind === 'dense' ? whole : channelCount(type.shape) / groups;
      const bits = this.#inRuns(node, input, run);
      return this.#step('sums', node, bits.name, { kind: 'sum-bits', layer: this.#layer(node, type, terms.pad, run) });
    }
    const elements = this.#elementsOf(node, input);
    const { multiplier, addend } = terms;
    const name = direct ? elements.name : this.#step('terms', node, elements.name, { kind: 'transform', multiplier, addend });
    const run = node.kind === 'dense' ? elementCount(type.shape) : channelCount(type.shape) / node.attrs.groups;
    return this.#step('sums', node, name, { kind: 'sum-elements', layer: this.#layer(node, type, terms.pad, run) });
  }

  /** `run` inputs are one tap. */
  #layer(node: LinearNode, type: TensorType, pad: number, run: number): EvaluatorLayer {
    const { weights } = node.attrs;
    const signs = signsOf(weights);
    const base = { inputs: run, outputs: weights.outputs, pad, weights: packSigns(signs, signs.length) };
    if (node.kind === 'conv2d') return { ...this.#window(node, type), groups: node.attrs.groups, ...base };
    const taps = elementCount(type.shape) / run;
    const one = { rows: 1, columns: 1, stride: [1, 1], dilation: [1, 1], padding: [0, 0] } as const;
    return { height: 1, width: taps, ...one, kernel: [1, taps], groups: 1, ...base };
  }

  #window(node: NodeOf<'conv2d'> | NodeOf<'max-pool'>, { shape }: TensorType): EvaluatorWindow {
    const [height = 1, width = 1] = shape;
    const [rows = 1, columns = 1] = typeOf(this.#graph, node.output).shape;
    const { kernel, stride, dilation, padding } = node.attrs;
    return { height, width, rows, columns, kernel, stride, dilation, padding: [padding.top, padding.left] };
  }

  /** q <= t is the opposite of q >= t + 1: such channels are flipped. */
  #threshold(node: NodeOf<'threshold'>, input: Place): Place {
    const channels = channelCount(typeOf(this.#graph, node.output).shape);
    const { thresholds, directions } = node.attrs;
    const falling = Uint8Array.from(directions, (direction) => (direction < 0 ? 1 : 0));
    const reached = Array.from(thresholds, (limit, i) => (falling[i] === 1 ? limit + 1 : limit));
    const elements = this.#elementsOf(node, input);
    const bits = this.#bits(node, elements, channels, { kind: 'reach', channels, thresholds: reached });
    if (!falling.includes(1)) return bits;
    const flags = falling.length === 1 ? new Uint8Array(channels).fill(1) : falling;
    return this.#bits(node, bits, channels, { kind: 'flip', mask: maskOf(flags) });
  }

  #pool(node: NodeOf<'max-pool'>, input: Place): Place {
    const type = this.#typeOfInput(node);
    if (storedMinimum(node.attrs, type) !== null) throw new Error(`"${node.name}" takes minima in a lowered network`);
    const channels = channelCount(type.shape);
    const bits = this.#inRuns(node, input, channels);
    return this.#bits(node, bits, channels, { kind: 'any', words: wordsFor(channels), window: this.#window(node, type) });
  }

  /** Bits in runs of this length. Runs of whole words all lie alike. */
  #inRuns(node: Node, place: Place, run: number): Bits {
    if (place.form !== 'bits') throw new Error(`"${node.name}" reads ${place.form}, not bits`);
    if (place.run === run || (place.run % 32 === 0 && run % 32 === 0)) return place;
    const count = elementCount(this.#typeOfInput(node).shape);
    return this.#bits(node, place, run, { kind: 'regroup', count, from: place.run, to: run });
  }

  /** Stored elements; bits become ±1. */
  #elementsOf(node: Node, place: Place, id: ValueId | undefined = node.inputs[0]): Elements {
    if (place.form === 'elements') return place;
    if (place.form === 'floats' || id === undefined) throw new Error(`"${node.name}" reads ${place.form}, not integers`);
    const count = elementCount(typeOf(this.#graph, id).shape);
    const name = this.#step('signs', node, place.name, { kind: 'spread', count, run: place.run });
    return { form: 'elements', name, largest: 1 };
  }

  #bits(node: Node, input: Pick<Place, 'name'>, run: number, operation: EvaluatorOperation): Bits {
    return { form: 'bits', name: this.#step('bits', node, input.name, operation), run };
  }

  /** Names are `sumsOfConv1` and `CONV1`: neither can be a reserved word, nor a name of the interface. */
  #step(what: string, node: Node, input: string | readonly string[], operation: EvaluatorOperation): string {
    const base = toIdentifier(node.name);
    const camel = base.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const result = this.#uniqueResult(`${what}Of${camel}`);
    const constant = this.#uniqueConstant(`${base.toUpperCase()}_${CONSTANTS[operation.kind]}`);
    this.steps.push({ result, inputs: typeof input === 'string' ? [input] : input, constant, label: node.name, operation });
    return result;
  }
}

/** Words with the bit of each flagged channel. */
function maskOf(flags: Uint8Array): Uint32Array {
  return packSigns(
    Int8Array.from(flags, (flag) => (flag === 1 ? 1 : -1)),
    flags.length,
  );
}

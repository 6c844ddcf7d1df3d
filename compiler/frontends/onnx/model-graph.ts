/** The ONNX graph as lookup tables, the part of it that an output needs, and the tail that bnnc leaves out. */
import { fail, type Diagnostics, type Origin } from '../../support/diagnostics.ts';
import { listAtMost } from '../../support/list-at-most.ts';
import { nearest } from '../../support/nearest.ts';
import type { Constant } from './constant.ts';
import type { OnnxNode } from './node.ts';
import type { GraphProto, SparseTensorProto, TensorProto, ValueInfoProto } from './onnx_pb.ts';

/** An input of a file that is no ONNX. */
export interface GivenInput {
  readonly origin: Origin;
  /** The order of an image of rank 4, where the format says it. */
  readonly layout: 'channels-last' | null;
}

export interface ModelGraph {
  readonly file: string;
  readonly nodes: readonly OnnxNode[];
  /** The node that makes a tensor. */
  readonly producers: ReadonlyMap<string, OnnxNode>;
  readonly initializers: ReadonlyMap<string, TensorProto>;
  readonly sparse: ReadonlyMap<string, SparseTensorProto>;
  /** Constants that another frontend has read already. */
  readonly constants: ReadonlyMap<string, Constant>;
  /** Inputs that are no initializers. */
  readonly inputs: readonly ValueInfoProto[];
  /** What another frontend, if it read the user's file, knows of inputs. */
  readonly givenInputs: ReadonlyMap<string, GivenInput>;
  readonly outputs: readonly string[];
}

/** Indexes the graph, whose nodes are `nodes`; a tensor made twice is reported as damage (BNN1003). */
export function indexGraph(graph: GraphProto, nodes: readonly OnnxNode[], file: string, diagnostics: Diagnostics): ModelGraph {
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const sparse = new Map(graph.sparseInitializer.map((tensor) => [tensor.values?.name ?? '', tensor]));
  const producers = new Map<string, OnnxNode>();
  for (const node of nodes) {
    for (const output of node.outputs.filter((name) => name !== '')) {
      const other = producers.get(output);
      if (other !== undefined || initializers.has(output)) {
        const first = other === undefined ? 'an initializer' : `"${other.name}"`;
        diagnostics.error({
          code: 'BNN1003',
          message: `the tensor "${output}" is made twice: by ${first} and by "${node.name}".`,
          origin: node.origin,
        });
      }
      producers.set(output, node);
    }
  }
  const inputs = graph.input.filter(({ name }) => !initializers.has(name) && !sparse.has(name));
  return {
    file,
    nodes,
    producers,
    initializers,
    sparse,
    constants: new Map(),
    inputs,
    givenInputs: new Map(),
    outputs: graph.output.map(({ name }) => name),
  };
}

/** What the compiled network ends with, and the nodes after it that `predict` replaces. */
export interface Ending {
  /** The tensor that becomes the output. */
  readonly tensor: string;
  /** Softmax, LogSoftmax, ArgMax, TopK and what stands between them and the output, last first. */
  readonly dropped: readonly OnnxNode[];
}

/** Operators that keep the order of scores, or whose result is their first maximum. */
export const TAIL: ReadonlySet<string> = new Set(['Softmax', 'LogSoftmax', 'ArgMax', 'TopK']);
const PASSED: ReadonlySet<string> = new Set(['Identity', 'Cast', 'Squeeze', 'Unsqueeze', 'Reshape', 'Flatten']);

function endingOf(graph: ModelGraph, output: string): Ending {
  const walked: OnnxNode[] = [];
  const seen = new Set<OnnxNode>();
  let tensor = output;
  let dropped = 0;
  for (let at = output; ;) {
    const node = graph.producers.get(at);
    if (node === undefined || node.domain !== '' || seen.has(node) || !(TAIL.has(node.op) || PASSED.has(node.op)))
      return { tensor, dropped: walked.slice(0, dropped) };
    seen.add(node);
    walked.push(node);
    at = node.inputs[0] ?? '';
    if (TAIL.has(node.op)) {
      tensor = at;
      dropped = walked.length;
    }
  }
}

/**
 * The one output to compile: `wanted` (a tensor or a node), or the model's only one. Several outputs that differ only
 * in their tails (scores and their Softmax, values and indices of a TopK) count as one.
 * @throws UserError BNN1006 otherwise, listing the outputs
 */
export function chooseEnding(graph: ModelGraph, wanted: string | null): Ending {
  const listed = listAtMost(20, graph.outputs, (name) => `output  "${name}"`);
  const origin = { file: graph.file, path: 'graph.output' };
  if (wanted !== null) {
    const node = graph.nodes.find(({ name }) => name === wanted);
    const tensor = graph.producers.has(wanted) ? wanted : node?.outputs[0];
    if (tensor !== undefined) return endingOf(graph, tensor);
    const near = nearest(wanted, [...graph.outputs, ...graph.producers.keys(), ...graph.nodes.map(({ name }) => name)]);
    return fail({
      code: 'BNN1006',
      message: `the model has no tensor or node named "${wanted}".`,
      origin,
      details: listed,
      help: near === undefined ? '`bnnc inspect` lists the nodes.' : `Did you mean "${near}"?`,
    });
  }
  const endings = graph.outputs.map((name) => endingOf(graph, name));
  const [first] = endings;
  if (first === undefined) return fail({ code: 'BNN1006', message: 'the model has no output.', origin });
  const longest = endings.reduce((a, b) => (b.dropped.length > a.dropped.length ? b : a));
  if (endings.every((ending) => ending.tensor === first.tensor)) return longest;
  return fail({
    code: 'BNN1006',
    message: `the model has ${graph.outputs.length} outputs; bnnc compiles one.`,
    origin,
    details: listed,
    help: `Choose one with --output, for example --output "${graph.outputs[0]}".`,
  });
}

/** What the roots depend on. */
export interface Reached {
  /** In the file's order. */
  readonly nodes: readonly OnnxNode[];
  readonly tensors: ReadonlySet<string>;
}

/** Walks back from tensors; a tensor that nothing makes is reported as damage (BNN1003). */
export function reach(graph: ModelGraph, roots: readonly string[], diagnostics: Diagnostics): Reached {
  const tensors = new Set<string>();
  const nodes = new Set<OnnxNode>();
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name === '' || tensors.has(name)) continue;
    tensors.add(name);
    const node = graph.producers.get(name);
    if (node !== undefined) {
      nodes.add(node);
      waiting.push(...node.inputs);
    } else if (!graph.initializers.has(name) && !graph.sparse.has(name) && !graph.constants.has(name) && !inputs.has(name)) {
      const reader = graph.nodes.find((candidate) => candidate.inputs.includes(name));
      diagnostics.error({
        code: 'BNN1003',
        message: `the tensor "${name}" is neither an input nor an initializer nor made by a node.`,
        origin: reader?.origin ?? { file: graph.file, path: 'graph.output' },
      });
    }
  }
  return { nodes: graph.nodes.filter((node) => nodes.has(node)), tensors };
}

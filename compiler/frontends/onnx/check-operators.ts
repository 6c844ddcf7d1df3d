/** Names every operator without a meaning at once, before anything is read. */
import type { Diagnostics } from '../../support/diagnostics.ts';
import { TAIL, type ModelGraph, type Reached } from './model-graph.ts';
import type { OnnxNode } from './node.ts';
import { folderOf, readerOf } from './readers/index.ts';

/** Operators whose result does not depend on the values of their inputs. */
const SHAPE_ONLY: ReadonlySet<string> = new Set(['Shape', 'Size']);

/** What to do about the operators that people meet most. */
const FUNCTIONS = 'bnnc has Relu, LeakyRelu, PRelu, Clip, HardSigmoid, HardSwish, Tanh and Sigmoid: train with one of them in its place.';
const ADVICE: Readonly<Record<string, string>> = {
  Elu: FUNCTIONS,
  Selu: FUNCTIONS,
  Celu: FUNCTIONS,
  Gelu: FUNCTIONS,
  Mish: FUNCTIONS,
  Softplus: FUNCTIONS,
  If: 'Control flow cannot be compiled: export with torch.jit.trace, or simplify the file with onnxsim.',
  Loop: 'Control flow cannot be compiled: export with torch.jit.trace, or simplify the file with onnxsim.',
};

/** Reports BNN1004 for each node that can neither be read nor folded. */
export function checkOperators(graph: ModelGraph, reached: Reached, diagnostics: Diagnostics): void {
  const constants = new Set([...graph.initializers.keys(), ...graph.sparse.keys(), ...graph.constants.keys(), '']);
  for (const node of reached.nodes) {
    const isConstant = node.inputs.every((name) => constants.has(name));
    const castsConstant = node.op === 'CastLike' && constants.has(node.inputs[0] ?? '');
    if (isConstant || castsConstant || SHAPE_ONLY.has(node.op)) node.outputs.forEach((name) => constants.add(name));
    if ((isConstant ? folderOf(node) : readerOf(node)) !== undefined) continue;
    const domain = node.domain === '' ? 'ai.onnx' : node.domain;
    diagnostics.error({
      code: 'BNN1004',
      message: `"${node.name}" uses the operator ${node.shown}, which bnnc does not support${why(node, isConstant)}.`,
      origin: node.origin,
      details:
        node.shown === node.op
          ? [`operator  ${node.op}`, `domain    ${domain}`, ...(node.domain === '' ? [`opset     ${node.opset}`] : [])]
          : [],
      help: adviceFor(node),
    });
  }
}

function why(node: OnnxNode, isConstant: boolean): string {
  if (isConstant) return readerOf(node) === undefined ? '' : ' on constants';
  if (TAIL.has(node.op) && node.domain === '') return ' before the end of the network';
  return folderOf(node) === undefined ? '' : ' on tensors that depend on the input';
}

function adviceFor(node: OnnxNode): string {
  const known = Object.hasOwn(ADVICE, node.op) ? ADVICE[node.op] : undefined;
  const cut = `cut the model before it with --output "${node.inputs[0] ?? ''}"`;
  if (known !== undefined) return known;
  // A network of another system is written in ONNX's operators, and its user never sees them.
  return node.shown === node.op
    ? `Re-export without it, simplify the file with onnxsim, or ${cut}.`
    : `Build the network without it, or ${cut}.`;
}

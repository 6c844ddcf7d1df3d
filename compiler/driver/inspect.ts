/** What a model file holds, before anything is decided: for `bnnc inspect`. */
import { isLinear } from '../ir/accumulator.ts';
import { consumersOf, producerOf, typeOf } from '../ir/graph.ts';
import { printType } from '../ir/print.ts';
import type { Graph, Node } from '../ir/types.ts';
import { fitProblem, limitsOf } from '../plan/fit.ts';
import { Diagnostics, UserError } from '../support/diagnostics.ts';
import type { Target } from '../targets/target.ts';
import { certify, type Certificate } from './certificate.ts';
import { planModel, type CompileOptions, type Lowered, type ModelSource, type Read } from './compile.ts';
import { fixMeaning } from './meaning.ts';
import { inputMeaning } from './options.ts';

export interface InspectedNode {
  readonly name: string;
  readonly op: string;
  readonly output: string;
  /** `bits`, `exact` or why not. */
  readonly binary: string;
}

export interface Inspected {
  readonly format: string;
  readonly nodes: readonly InspectedNode[];
  readonly notes: readonly string[];
  /** Which bits every float32 implementation gives, and which not; null where the meaning of the network cannot be fixed. */
  readonly equivalence: Certificate | null;
}

function binaryText(graph: Graph, node: Node): string {
  const input = node.inputs.map((id) => typeOf(graph, id))[0];
  const output = typeOf(graph, node.output);
  if (isLinear(node)) {
    if (node.attrs.weights.kind === 'real') return 'no: its weights are not ±α, float32';
    if (node.attrs.sum === 'exact') return `yes: ±1 weights on ${input?.dtype === 'b1' ? 'bits' : input?.dtype}, exact integer sum`;
    return `no: its input is real (${input?.dtype}), float32`;
  }
  if (output.dtype === 'b1') return 'bits';
  if (output.dtype !== 'f32') return 'integer';
  if (isComputed(graph, node)) return 'float32';
  return signFollows(graph, node) ? 'float32, folded into the sign behind it' : 'float32 scores';
}

/** Real numbers that stay real numbers on the chip: their source is no integer, or a layer reads them. */
function isComputed(graph: Graph, node: Node): boolean {
  if (node.kind === 'combine' || node.kind === 'average-pool') return true;
  const comesFromReal = node.inputs.some((id) => {
    const producer = producerOf(graph, id);
    return typeOf(graph, id).dtype === 'f32' && (producer === undefined || isLinear(producer) || isComputed(graph, producer));
  });
  return comesFromReal || consumersOf(graph, node.output).some((next) => isLinear(next) || next.kind === 'combine');
}

function signFollows(graph: Graph, node: Node): boolean {
  return consumersOf(graph, node.output).some((next) => next.kind === 'sign' || (!isLinear(next) && signFollows(graph, next)));
}

/** Fixes the meaning of what was read, as far as it goes; problems on the way are left to compile. */
export function inspectModel({ format, imported }: Read, options: CompileOptions): Inspected {
  const reference = withMeaning(imported.graph, options);
  const graph = reference ?? imported.graph;
  return {
    format,
    nodes: graph.nodes.map((node) => ({
      name: node.name,
      op: node.kind,
      output: printType(typeOf(graph, node.output)),
      binary: binaryText(graph, node),
    })),
    notes: imported.notes,
    equivalence: reference === null ? null : certify(reference),
  };
}

function withMeaning(graph: Graph, options: CompileOptions): Graph | null {
  const diagnostics = new Diagnostics();
  try {
    return fixMeaning(graph, inputMeaning(options, diagnostics), diagnostics);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

export interface SizesOnTarget {
  readonly tableBytes: number;
  readonly workspaceBytes: number;
  readonly fits: boolean;
}

/** What the model takes on a target, planned as if everything had room there, and whether it has. */
export function sizesOn(target: Target, source: ModelSource, model: Lowered, options: CompileOptions): SizesOnTarget {
  const unlimited: Target = { ...target, tables: undefined, memory: { flashBytes: null, ramBytes: null } };
  const { plan } = planModel(source, model, { ...options, target: unlimited, flash: null, ram: null });
  return { tableBytes: plan.tableBytes, workspaceBytes: plan.workspaceWords * 4, fits: fitProblem(plan, limitsOf(target)) === null };
}

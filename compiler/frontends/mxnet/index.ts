/** The MXNet frontend: graphs and arrays of MXNet, BMXNet and BMXNet v2 (hpi-xnor). */
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import { listAtMost } from '../../support/list-at-most.ts';
import type { Frontend, FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import { OperatorNetwork } from '../onnx/network.ts';
import { tensorFile } from '../tensor-file.ts';
import { hasTopology, importTopology, refuseTopology } from '../topology.ts';
import { findParts, withoutPrefix, type Parts } from './files.ts';
import { ONE_INPUT, OPERATORS } from './operators.ts';
import { rankOf } from './rank.ts';
import { isParams, readParams, type ParamsArray } from './params.ts';
import { inputSizes } from './sizes.ts';
import { isSymbol, type Edge, type SymbolGraph, type SymbolNode } from './symbol.ts';
import type { Operand } from './translation.ts';

/** What an operator reads when it does not train. */
function readEdges({ op, inputs }: SymbolNode): readonly Edge[] {
  return ONE_INPUT.has(op) ? inputs.slice(0, 1) : inputs;
}

/** The nodes that the heads depend on, in order. */
function neededNodes({ nodes, heads }: SymbolGraph): readonly SymbolNode[] {
  const needed = new Set(heads.map(({ node }) => node));
  return nodes
    .toReversed()
    .filter((node) => {
      if (!needed.has(node.index)) return false;
      for (const edge of readEdges(node)) needed.add(edge.node);
      return true;
    })
    .toReversed();
}

/** The one variable without an array. */
function chooseInput(nodes: readonly SymbolNode[], arrays: ReadonlyMap<string, ParamsArray>, { file, paramsFile }: Parts): SymbolNode {
  const open = nodes.filter((node) => node.op === 'null' && !arrays.has(node.name));
  const [only] = open;
  if (only !== undefined && open.length === 1) return only;
  return fail({
    code: 'BNN1006',
    message:
      open.length === 0
        ? `every variable of "${file}" has an array in "${paramsFile}"; the network has no input.`
        : `${open.length} variables of "${file}" have no array in "${paramsFile}"; a network has one input.`,
    origin: { file, path: 'nodes' },
    details: listAtMost(40, open, ({ name }) => `variable  "${name}"`),
    help: `Check that "${paramsFile}" belongs to this graph.`,
  });
}

function checkOperators(nodes: readonly SymbolNode[], diagnostics: Diagnostics): void {
  for (const { op, name, origin } of nodes) {
    if (op === 'null' || OPERATORS.has(op)) continue;
    diagnostics.error({
      code: 'BNN1004',
      message: `"${name}" uses the operator ${op}, which bnnc does not support.`,
      origin,
      help: 'Cut the model before it with --output NODE, or train without it.',
    });
  }
  diagnostics.stopOnErrors();
}

/** The arrays alone, as save_parameters writes them. */
function readArrays(bytes: Uint8Array, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  const { file } = options;
  if (!isParams(bytes)) return refuseTopology(file, 'mxnet');
  const arrays = Array.from(withoutPrefix(readParams(bytes, file)), ([name, array]) => ({
    ...array,
    name,
    origin: { file, path: `array "${name}"`, position: { byte: array.byte } },
  }));
  return importTopology(tensorFile(file, arrays), [], side, options, diagnostics);
}

function read(bytes: Uint8Array, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  if (hasTopology(options)) return readArrays(bytes, side, options, diagnostics);
  const parts = findParts(bytes, side, options.file, diagnostics);
  const { graph, arrays, file } = parts;
  const nodes = neededNodes(graph);
  checkOperators(nodes, diagnostics);
  const input = chooseInput(nodes, arrays, parts);
  const { sizes, notes } = inputSizes(graph, arrays, input, options.inputShape ?? null);
  const network = new OperatorNetwork(file);
  const operands = new Map<number, readonly Operand[]>([
    [input.index, [{ kind: 'tensor', rank: sizes.length + 1, tensor: network.input(input.name, sizes, input.origin) }]],
  ]);
  for (const node of nodes) translate(node, network, arrays, operands, diagnostics);
  diagnostics.stopOnErrors();
  const outputs = graph.heads.flatMap(({ node, output }) => {
    const operand = operands.get(node)?.[output];
    return operand?.kind === 'tensor' ? [operand.tensor] : [];
  });
  const imported = network.import(outputs, side, options, diagnostics);
  return { ...imported, notes: [...notes, ...imported.notes] };
}

/** Nodes behind one that failed are left out. */
function translate(
  node: SymbolNode,
  network: OperatorNetwork,
  arrays: ReadonlyMap<string, ParamsArray>,
  operands: Map<number, readonly Operand[]>,
  diagnostics: Diagnostics,
): void {
  if (operands.has(node.index)) return;
  const array = arrays.get(node.name);
  if (node.op === 'null') {
    if (array !== undefined) operands.set(node.index, [{ kind: 'array', array }]);
    return;
  }
  const edges = readEdges(node);
  const inputs = edges.flatMap((edge) => operands.get(edge.node)?.[edge.output] ?? []);
  const operator = OPERATORS.get(node.op);
  if (inputs.length !== edges.length || operator === undefined) return;
  const made = diagnostics.collect(() => operator({ network, node, inputs }));
  if (made === undefined) return;
  const rank = rankOf(node, inputs);
  operands.set(
    node.index,
    [made].flat().map((tensor) => ({ kind: 'tensor', tensor, rank })),
  );
}

export const mxnet: Frontend = {
  name: 'mxnet',
  endings: ['-symbol.json', '.params'],
  doc: 'MXNet, BMXNet and BMXNet v2: NAME-symbol.json with NAME-0000.params beside it; either of the two may be named; .params with --topology.',
  topologies: [],
  accepts: (bytes) =>
    isParams(bytes) || isSymbol(Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 2 ** 20)).toString('latin1')),
  read,
};

/** MXNet's `-symbol.json`: the nodes of a graph in order, as nnvm saves them (src/pass/saveload_json.cc). */
import { fail, type Diagnostics, type Origin } from '../../support/diagnostics.ts';
import { parseJson } from '../json/syntax.ts';

export interface SymbolNode {
  readonly index: number;
  /** `null` for a variable: the input, or an array of the .params file. */
  readonly op: string;
  readonly name: string;
  /** As text; absent ones have the default of the operator. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly inputs: readonly Edge[];
  readonly origin: Origin;
}

/** Output `output` of node `node`. */
export interface Edge {
  readonly node: number;
  readonly output: number;
}

export interface SymbolGraph {
  readonly nodes: readonly SymbolNode[];
  readonly heads: readonly Edge[];
}

const MOST_NODES = 65_536;

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** [node, output] or [node, output, version]. */
function readEdge(value: unknown): Edge | undefined {
  if (!Array.isArray(value)) return undefined;
  const [node, output = 0] = value as readonly unknown[];
  const whole = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;
  return whole(node) && whole(output) ? { node, output } : undefined;
}

/** MXNet 1.x writes `attrs`, 0.9 to 0.12 `attr`, older versions `param`; some files have two of them. */
function readAttributes(node: Fields): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const key of ['param', 'attr', 'attrs']) {
    const group = node[key];
    if (!isObject(group)) continue;
    for (const [name, value] of Object.entries(group)) if (typeof value === 'string') attributes.set(name, value);
  }
  return attributes;
}

export function isSymbol(text: string): boolean {
  return (
    /^(?:\xef\xbb\xbf)?\s*\{/.test(text) && /"nodes"\s*:\s*\[/.test(text) && /"(?:arg_nodes|heads)"\s*:/.test(text) && /"op"\s*:/.test(text)
  );
}

/** @throws UserError BNN1020 for text that is no JSON, BNN1003 for JSON that is no symbol; all damaged nodes at once */
export function readSymbol(bytes: Uint8Array, file: string, diagnostics: Diagnostics): SymbolGraph {
  const text = parseJson(bytes, file);
  const damaged = (path: readonly (string | number)[], shown: string, message: string): void => {
    diagnostics.error({ code: 'BNN1003', message: `${message}.`, origin: { file, path: shown, position: text.locate(path) } });
  };
  const document = isObject(text.value) ? text.value : {};
  const list: readonly unknown[] = Array.isArray(document['nodes']) ? (document['nodes'] as readonly unknown[]) : [];
  if (list.length === 0 || list.length > MOST_NODES) {
    return fail({
      code: 'BNN1003',
      message: `the file has ${list.length === 0 ? 'no list "nodes"' : `${list.length} nodes`}; a symbol of MXNet has 1 to ${MOST_NODES}.`,
      origin: { file, path: 'nodes' },
    });
  }
  const nodes = list.flatMap((entry, index): readonly SymbolNode[] => {
    const path = `nodes[${index}]`;
    if (!isObject(entry) || typeof entry['op'] !== 'string' || typeof entry['name'] !== 'string') {
      damaged(['nodes', index], path, `${path} is no object with the texts "op" and "name"`);
      return [];
    }
    const { op, name } = entry as { readonly op: string; readonly name: string };
    const origin = { file, path: `${path} "${name}" (${op === 'null' ? 'variable' : op})`, position: text.locate(['nodes', index]) };
    const stated: readonly unknown[] = Array.isArray(entry['inputs']) ? (entry['inputs'] as readonly unknown[]) : [];
    const inputs = stated.flatMap((edge) => readEdge(edge) ?? []);
    if (inputs.length !== stated.length || inputs.some(({ node }) => node >= index))
      damaged(['nodes', index, 'inputs'], path, `"${name}" reads something that is no node before it`);
    return [{ index, op, name, attributes: readAttributes(entry), inputs, origin }];
  });
  const stated: readonly unknown[] = Array.isArray(document['heads']) ? (document['heads'] as readonly unknown[]) : [[list.length - 1, 0]];
  const heads = stated.flatMap((head) => readEdge(head) ?? []).filter(({ node }) => node < list.length);
  if (heads.length !== stated.length || heads.length === 0) damaged(['heads'], 'heads', 'the heads of the graph are no nodes of it');
  diagnostics.stopOnErrors();
  return { nodes, heads };
}

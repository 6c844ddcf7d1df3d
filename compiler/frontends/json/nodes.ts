/** The nodes of a JSON model: their names, what each reads, and which of them the output needs. */
import type { OpKind } from '../../ir/ops/index.ts';
import { nearest } from '../../support/nearest.ts';
import type { NodeJson } from './form.ts';
import { FORMS, arityOf, isOp } from './ops/index.ts';
import type { Problems } from './problems.ts';
import { shown } from './problems.ts';

export interface JsonNode {
  readonly index: number;
  readonly op: OpKind;
  readonly name: string;
  /** Names of nodes before it, or of the input. */
  readonly inputs: readonly string[];
  readonly json: NodeJson;
}

const OPS = Object.keys(FORMS);

/** The nodes whose form is right. */
function checkForms(nodes: readonly unknown[], problems: Problems): readonly (Omit<JsonNode, 'name' | 'inputs'> | undefined)[] {
  return nodes.map((json, index) => {
    const path = ['nodes', index];
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      problems.add(path, { what: 'is no node', seen: json, wanted: 'an object with "op"' });
      return undefined;
    }
    const { op } = json as { readonly op?: unknown };
    if (typeof op !== 'string' || !isOp(op)) {
      const near = typeof op === 'string' ? nearest(op, OPS) : undefined;
      const where = op === undefined ? path : [...path, 'op'];
      problems.add(where, {
        what: op === undefined ? 'has no "op"' : 'is no operation that is known',
        ...(op === undefined ? {} : { seen: op }),
        wanted: OPS.join(', '),
        ...(near === undefined ? {} : { help: `Did you mean "${near}"?` }),
        ...(typeof op === 'string' ? { code: 'BNN1004' } : {}),
      });
      return undefined;
    }
    const parsed = FORMS[op].schema.safeParse(json);
    if (parsed.success) return { index, op, json: parsed.data as unknown as NodeJson };
    problems.addIssues(path, json, parsed.error.issues, FORMS[op].schema);
    return undefined;
  });
}

function givenName(json: unknown): string | undefined {
  const name = typeof json === 'object' && json !== null && 'name' in json ? json.name : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** One name for each node; those without get operation and position. */
function nameAll(nodes: readonly unknown[], input: string, problems: Problems): readonly string[] {
  const owners = new Map<string, string>([[input, 'the input']]);
  nodes.forEach((json, index) => {
    const name = givenName(json);
    if (name === undefined) return;
    const owner = owners.get(name);
    if (owner !== undefined)
      problems.add(['nodes', index, 'name'], {
        what: `is also the name of ${owner}`,
        seen: name,
        wanted: 'a name of its own',
        code: 'BNN1022',
      });
    else owners.set(name, `nodes[${index}]`);
  });
  return nodes.map((json, index) => {
    const given = givenName(json);
    if (given !== undefined) return given;
    const op = typeof json === 'object' && json !== null && 'op' in json && typeof json.op === 'string' ? json.op : 'node';
    let name = `${op}${index + 1}`;
    while (owners.has(name)) name = `${name}_`;
    owners.set(name, `nodes[${index}]`);
    return name;
  });
}

/** A way from `name` back to itself along what nodes read, or undefined. */
function cycleOf(name: string, inputs: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [name];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const next of inputs.get(at) ?? []) {
      if (next === name) {
        const way = [name];
        for (let step: string | undefined = at; step !== undefined && step !== name; step = cameFrom.get(step)) way.push(step);
        return [...way, name];
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, at);
      queue.push(next);
    }
  }
  return undefined;
}

function checkInputs(
  index: number,
  reads: readonly string[],
  names: readonly string[],
  input: string,
  problems: Problems,
  all: ReadonlyMap<string, readonly string[]>,
): void {
  reads.forEach((name, i) => {
    const path = ['nodes', index, 'inputs', i];
    const at = names.indexOf(name);
    if (name === input || (at >= 0 && at < index)) return;
    if (at < 0) {
      const near = nearest(name, [input, ...names]);
      problems.add(path, {
        what: 'is the name of no node',
        seen: name,
        ...(near === undefined ? { wanted: shown([input, ...names]) } : { help: `Did you mean "${near}"?` }),
        code: 'BNN1022',
      });
      return;
    }
    const cycle = cycleOf(names[index] ?? '', all);
    problems.add(path, {
      what: cycle === undefined ? `is made only after it, by nodes[${at}]` : 'closes a cycle',
      seen: name,
      wanted: cycle === undefined ? 'nodes in the order in which they are computed' : 'a network without cycles',
      help: cycle === undefined ? `Move nodes[${at}] before nodes[${index}].` : `The cycle is ${[...cycle].reverse().join(' → ')}.`,
      code: 'BNN1022',
    });
  });
}

/** @throws UserError with all problems of all nodes */
export function readNodes(list: readonly unknown[], input: string, problems: Problems): readonly JsonNode[] {
  const forms = checkForms(list, problems);
  const names = nameAll(list, input, problems);
  const inputs = names.map((_, i) => forms[i]?.json.inputs ?? [names[i - 1] ?? input]);
  const byName = new Map(names.map((name, i) => [name, inputs[i] ?? []] as const));
  forms.forEach((form, i) => {
    if (form === undefined) return;
    const reads = inputs[i] ?? [];
    const wanted = arityOf(form.op);
    if (wanted !== null && reads.length !== wanted) {
      const isGiven = form.json.inputs !== undefined;
      problems.add(['nodes', i, 'inputs'], {
        what: isGiven ? `has ${reads.length} ${reads.length === 1 ? 'name' : 'names'}` : 'is missing',
        ...(isGiven ? { seen: reads } : {}),
        wanted: wanted === 1 ? `one: ${form.op} reads one value` : `${wanted}: ${form.op} reads ${wanted} values`,
      });
    }
    checkInputs(i, reads, names, input, problems, byName);
  });
  problems.stop();
  return forms.flatMap((form, i) => (form === undefined ? [] : [{ ...form, name: names[i] ?? '', inputs: inputs[i] ?? [] }]));
}

/** The nodes that `output` needs, in order. */
export function neededBy(output: string, nodes: readonly JsonNode[]): readonly JsonNode[] {
  const needed = new Set([output]);
  const kept: JsonNode[] = [];
  for (const node of [...nodes].reverse()) {
    if (!needed.has(node.name)) continue;
    for (const name of node.inputs) needed.add(name);
    kept.unshift(node);
  }
  return kept;
}

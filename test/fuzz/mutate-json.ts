/** Changes what a JSON model says and keeps its form: the text stays valid JSON, except where an edit of the text says otherwise. */
import { FORMS } from '../../compiler/frontends/json/ops/index.ts';
import type { Random } from '../support/random.ts';
import { EXTREMES, HOSTILE_NAMES, HOSTILE_PATHS, type Mutator, type Seed } from './reader.ts';

const OPERATIONS = [...Object.keys(FORMS), 'softmax', 'Conv2D', ''];
const NUMBERS = [0, -0, 1, -1, 2, 0.5, 1e-45, 1e38, 1e308, 4096, 2 ** 24, 2 ** 53];
const WORDS = ['NaN', 'Infinity', '-Infinity', '1/0', '1/255', '1e999', '1e-999', '0x10', 'u8', 'b1', 'f32', 'plus', 'oihw', 'normalize'];
const EMPTY: readonly unknown[] = [null, true, '', [], {}, [[]], [null]];
/** Array names of the .npz in the sandbox, and others. */
const ARRAYS = ['fc1', 'fc1.npy', 'missing', '../fc1', '__proto__', ''];

/** Deeper than any model; what `deep` makes is left alone. */
const DEEPEST = 20;

type Container = unknown[] | Record<string, unknown>;

/** One value and where it stands. */
interface Place {
  readonly container: Container;
  readonly key: string | number;
  readonly value: unknown;
}

/** Every value below the document. Lists of many numbers count as few, or they would take all the cases. */
function places(document: unknown): readonly Place[] {
  const found: Place[] = [];
  const visit = (container: unknown, depth: number): void => {
    if (typeof container !== 'object' || container === null || depth > DEEPEST) return;
    const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(container)
      ? container.slice(0, 8).map((value, i) => [i, value])
      : Object.entries(container);
    for (const [key, value] of entries) {
      found.push({ container: container as Container, key, value });
      visit(value, depth + 1);
    }
  };
  visit(document, 0);
  return found;
}

function put({ container, key }: Place, value: unknown): void {
  // defineProperty, so that a key "__proto__" is one like any other.
  Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true });
}

function remove({ container, key }: Place): void {
  if (Array.isArray(container)) container.splice(Number(key), 1);
  else Reflect.deleteProperty(container, key);
}

function anyValue(random: Random): unknown {
  return random.pick<() => unknown>([
    () => random.pick(NUMBERS),
    () => Number(random.pick(EXTREMES)),
    () => random.pick(WORDS),
    () => random.pick(HOSTILE_NAMES),
    () => random.pick(EMPTY),
    () => ({ file: random.pick([...HOSTILE_PATHS, 'weights.npz', 'weights.npy', 'bomb.npz']), array: random.pick(ARRAYS) }),
    () => ({ shape: [Number(random.pick(EXTREMES)), random.integer(0, 9)], [random.pick(['bits', 'f32', 'i32'])]: 'AAECAwQFBgc=' }),
    () => ({ shape: [random.integer(0, 9), random.integer(0, 9)], values: Array.from({ length: random.integer(0, 40) }, () => 1) }),
    () => Array.from({ length: random.integer(0, 5) }, () => Number(random.pick(EXTREMES))),
  ])();
}

type Edit = (all: readonly Place[], random: Random) => void;

function atNamed(names: readonly string[], change: (place: Place, random: Random) => void): Edit {
  return (all, random) => {
    const matching = all.filter(({ key }) => names.includes(String(key)));
    if (matching.length > 0) change(random.pick(matching), random);
  };
}

const EDITS: Readonly<Record<string, Edit>> = {
  value: (all, random) => put(random.pick(all), anyValue(random)),
  number: (all, random) => {
    const numbers = all.filter(({ value }) => typeof value === 'number');
    if (numbers.length > 0) put(random.pick(numbers), random.chance(0.5) ? random.pick(NUMBERS) : Number(random.pick(EXTREMES)));
  },
  remove: (all, random) => remove(random.pick(all)),
  copy: (all, random) => put(random.pick(all), structuredClone(random.pick(all).value)),
  repeat: (all, random) => {
    const { container, value } = random.pick(all);
    if (Array.isArray(container)) container.push(...Array.from({ length: random.pick([1, 1, 2, 50]) }, () => structuredClone(value)));
  },
  field: (all, random) => {
    const { container, value } = random.pick(all);
    const [{ key }] = [random.pick(all)];
    if (!Array.isArray(container)) put({ container, key: random.chance(0.5) ? key : random.pick(HOSTILE_NAMES), value }, value);
  },
  operation: atNamed(['op'], (place, random) => put(place, random.pick(OPERATIONS))),
  name: atNamed(['name', 'file', 'path'], (place, random) => put(place, random.pick(HOSTILE_NAMES))),
  wiring: (all, random) => {
    const names = all.filter(({ key, value }) => key === 'name' && typeof value === 'string').map(({ value }) => value);
    const nodes = all.filter(({ value }) => typeof value === 'object' && value !== null && 'op' in value);
    if (nodes.length === 0 || names.length === 0) return;
    const inputs = Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => random.pick(names));
    Object.assign(random.pick(nodes).value as object, { inputs });
  },
  window: (all, random) => {
    const nodes = all.filter(({ value }) => typeof value === 'object' && value !== null && 'op' in value);
    if (nodes.length === 0) return;
    const field = random.pick(['stride', 'dilation', 'padding', 'kernel', 'groups', 'epsilon', 'shape', 'ranges', 'zero', 'form']);
    Object.assign(random.pick(nodes).value as object, { [field]: anyValue(random) });
  },
  order: (all, random) => {
    const lists = all.filter(({ value }) => Array.isArray(value) && value.length > 1);
    if (lists.length > 0) (random.pick(lists).value as unknown[]).reverse();
  },
};

/** Undefined for a document that is too deep to be copied or printed. */
function unlessDeep(work: () => Uint8Array): Uint8Array | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function edited(edit: Edit): Mutator['apply'] {
  return (bytes, random) => {
    let document: unknown;
    try {
      document = JSON.parse(Buffer.from(bytes).toString('utf8'));
    } catch {
      return bytes; // an earlier mutator has broken the text
    }
    const all = places(document);
    if (all.length === 0) return bytes;
    const change = (): Uint8Array => {
      edit(all, random);
      return Buffer.from(JSON.stringify(document));
    };
    return unlessDeep(change) ?? bytes;
  };
}

/** Changes of the text that a parser may trip over. */
const TEXT: readonly Mutator[] = [
  {
    name: 'deep',
    apply: (bytes, random) => {
      const depth = random.pick([30, 1000, 100_000]);
      const [open, close] = random.pick([
        ['[', ']'],
        ['{"a":', '}'],
      ] as const);
      const text = Buffer.from(bytes).toString('latin1');
      return Buffer.from(text.replace(/-?\d+/, `${open.repeat(depth)}1${close.repeat(depth)}`), 'latin1');
    },
  },
  {
    name: 'duplicate-key',
    apply: (bytes, random) => {
      const text = Buffer.from(bytes).toString('latin1');
      const fields = [...text.matchAll(/"(\w+)"\s*:\s*(?:-?\d+|"[^"\\]{0,40}")/g)];
      if (fields.length === 0) return bytes;
      const [from, to] = [random.pick(fields), random.pick(fields)];
      return Buffer.from(`${text.slice(0, to.index)}${from[0]},${text.slice(to.index)}`, 'latin1');
    },
  },
  {
    name: 'token',
    apply: (bytes, random, corpus: readonly Seed[]) => {
      const text = Buffer.from(bytes).toString('latin1');
      const other = Buffer.from(random.pick(corpus).bytes).toString('latin1');
      const tokens = (of: string): readonly RegExpExecArray[] => [...of.slice(0, 20_000).matchAll(/"[^"]{0,60}"|-?[\d.]+|[[\]{},:]/g)];
      const [here, there] = [tokens(text), tokens(other)];
      if (here.length === 0 || there.length === 0) return bytes;
      const at = random.pick(here);
      return Buffer.from(`${text.slice(0, at.index)}${random.pick(there)[0]}${text.slice(at.index + at[0].length)}`, 'latin1');
    },
  },
];

export const MUTATE_JSON: readonly Mutator[] = [...Object.entries(EDITS).map(([name, edit]) => ({ name, apply: edited(edit) })), ...TEXT];

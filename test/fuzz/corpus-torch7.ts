/** Small networks of Torch7 in every encoding, and changes to what they say that keep the grammar of objects. */
import type { Random } from '../support/random.ts';
import {
  object,
  storage,
  table,
  writeTorch7,
  type T7Mode,
  type T7Object,
  type T7Storage,
  type T7Table,
  type T7Tensor,
  type T7Value,
} from '../support/torch7-file.ts';
import { binaryNet, checkpoint, residualNet, xnorNet } from '../support/torch7-networks.ts';
import { LAYERS } from '../../compiler/frontends/torch7/layers/index.ts';
import { EXTREMES, HOSTILE_NAMES, type Mutator, type Seed } from './reader.ts';
import { replaced } from './mutate-bytes.ts';

const NETWORKS = [binaryNet, xnorNet, residualNet, checkpoint];
const MODES: readonly T7Mode[] = ['long8', 'long4', 'text'];

export function torch7Corpus(): readonly Seed[] {
  return NETWORKS.flatMap((make) => MODES.map((mode) => ({ name: `${make.name} ${mode}`, bytes: writeTorch7(make(), mode) })));
}

type Changeable<T> = { -readonly [K in keyof T]: T[K] };
type Compound = Exclude<T7Value, null | number | boolean | string>;

/** Every compound value once. */
function compounds(root: T7Value): readonly Compound[] {
  const found = new Set<Compound>();
  const visit = (value: T7Value): void => {
    if (typeof value !== 'object' || value === null || found.has(value)) return;
    found.add(value);
    if (value.kind === 'table') value.entries.flat().forEach(visit);
    else if (value.kind === 'object') [value.fields].flat().forEach((field) => visit(field));
    else if (value.kind === 'tensor') visit(value.storage);
  };
  visit(root);
  return [...found];
}

const NUMBERS = [...EXTREMES.map((value) => Number(BigInt.asIntN(31, value))), 0.5, -1, Number.NaN, Infinity, -Infinity, 1e300];
const FIELDS = [
  'modules',
  'weight',
  'bias',
  'size',
  'padding',
  'groups',
  'ceil_mode',
  'dimension',
  'nInputDims',
  'numInputDims',
  'running_std',
  'running_var',
  'iSize',
  'p',
];
const CLASSES = [...LAYERS.keys(), 'nn.gModule', 'nn.ELU', 'torch.FloatTensor', 'torch.LongStorage', 'torch.CudaLongStorage', 'tds.Hash'];

function size(random: Random): number {
  return random.pick([0, 1, 1, 2, 3, 4, 5, 7, 8, 36, -1, 65_536, 2 ** 31 - 1]);
}

function some(random: Random, all: readonly Compound[]): T7Value {
  return random.chance(0.4)
    ? random.pick(all)
    : random.pick<T7Value>([
        null,
        true,
        'text',
        random.pick(NUMBERS),
        storage([size(random), size(random)]),
        table({}),
        object(random.pick(CLASSES)),
      ]);
}

function changeTable(value: T7Table, random: Random, all: readonly Compound[]): void {
  const { entries } = value;
  const at = random.integer(0, Math.max(0, entries.length - 1));
  const entry = entries[at];
  if (entry === undefined || random.chance(0.15)) entries.push([random.pick([...FIELDS, ...HOSTILE_NAMES]), some(random, all)]);
  else if (random.chance(0.2)) entries.splice(at, 1);
  else if (typeof entry[1] === 'number' && random.chance(0.8))
    entries[at] = [entry[0], random.chance(0.5) ? size(random) : random.pick(NUMBERS)];
  else if (random.chance(0.25)) entries[at] = [random.pick<T7Value>([...FIELDS, 1, 2, 3, 1.5, true]), entry[1]];
  else entries[at] = [entry[0], some(random, all)];
}

function changeTensor(value: Changeable<T7Tensor>, random: Random, all: readonly Compound[]): void {
  const list = (values: readonly number[]): number[] => values.map((kept) => (random.chance(0.5) ? size(random) : kept));
  const change = random.integer(0, 4);
  if (change === 0) value.sizes = list(value.sizes);
  else if (change === 1) value.strides = list(value.strides);
  else if (change === 2) value.offset = random.pick([-1, 1, 1000, 2 ** 30]);
  else if (change === 3) [value.sizes, value.strides] = [[...value.sizes].reverse(), [...value.strides].reverse()];
  else value.storage = random.pick([null, ...all.filter((other): other is T7Storage => other.kind === 'storage')]);
}

function change(value: Compound, random: Random, all: readonly Compound[]): void {
  if (value.kind === 'table') changeTable(value, random, all);
  else if (value.kind === 'tensor') changeTensor(value, random, all);
  else if (value.kind === 'object') {
    const changed: Changeable<T7Object> = value;
    if (random.chance(0.6)) changed.className = random.chance(0.9) ? random.pick(CLASSES) : random.pick(HOSTILE_NAMES);
    else if (random.chance(0.5)) changed.version = random.pick([null, 0, 1, 2, 3, -1]);
    else changed.fields = some(random, all);
  } else if (value.kind === 'storage') {
    const changed: Changeable<T7Storage> = value;
    changed.values = value.values.map((kept) =>
      random.chance(0.3) ? (value.type === 'Long' ? size(random) : random.pick(NUMBERS.filter(Number.isFinite))) : kept,
    );
  }
}

export const MUTATE_TORCH7: readonly Mutator[] = [
  {
    // The tree of another seed in place of the bytes: what they say is changed, and they are written anew.
    name: 'torch7-objects',
    apply: (_bytes, random) => {
      const root = random.pick(NETWORKS)();
      const changes = random.pick([1, 1, 2, 3]);
      for (let i = 0; i < changes; i += 1) {
        const all = compounds(root);
        change(random.pick(all), random, all);
      }
      return writeTorch7(root, random.pick(MODES));
    },
  },
  {
    // An aligned number near the front: types, references, lengths, ranks.
    name: 'torch7-numbers',
    apply: (bytes, random) => {
      const at = random.integer(0, Math.max(0, bytes.length - 4));
      const number = Buffer.alloc(4);
      number.writeInt32LE(random.chance(0.7) ? random.integer(0, 60) : Number(BigInt.asIntN(32, random.pick(EXTREMES))));
      return replaced(bytes, at, 4, number);
    },
  },
  {
    name: 'torch7-words',
    apply: (bytes, random) => {
      const lines = Buffer.from(bytes).toString('latin1').split('\n');
      const at = random.integer(0, lines.length - 1);
      lines[at] = random.pick([
        String(random.integer(-1, 60)),
        '',
        'nan',
        '1e400',
        '9'.repeat(30),
        '-1',
        '2147483648',
        'x',
        `${lines[at] ?? ''} 1`,
      ]);
      return Buffer.from(lines.join('\n'), 'latin1');
    },
  },
];

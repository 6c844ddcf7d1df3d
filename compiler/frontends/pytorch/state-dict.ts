/**
 * From a pickled object to named tensors. What people save is a state_dict, or a checkpoint: a dictionary that holds one among other things
 * (epoch, optimizer, accuracy). The names of nested dictionaries are joined by dots, as torch.nn.Module.state_dict joins those of modules.
 */
import { fail, type Diagnostics, type Origin } from '../../support/diagnostics.ts';
import { listAtMost } from '../../support/list-at-most.ts';
import { tensorFile, type StoredTensor, type TensorFile } from '../tensor-file.ts';
import { describeValue, isObject, type PickleDict, type PickledArray, type PickleValue, type TensorReference } from './pickle/value.ts';
import { TensorReader } from './tensors.ts';
import type { TorchFile } from './torch-file.ts';

const DEEPEST = 8;
const MOST_TENSORS = 16_384;
/** Dictionaries and their entries that are looked at: one that holds itself many times over must end. */
const MOST_VISITED = 2 ** 18;
const MOST_LISTED = 12;

/** Keys under which programs keep a whole state_dict; others are parts of one. */
const WRAPPER = /^(?:.*state_?dict.*|.*ema.*|model|net|network|module|weights|params|parameters|teacher|student)$/i;

type Leaf = TensorReference | PickledArray;

interface Found {
  readonly name: string;
  readonly value: Leaf;
}

interface Budget {
  left: number;
}

function isLeaf(value: PickleValue): value is Leaf {
  return isObject(value) && (value.kind === 'tensor' || value.kind === 'array');
}

function isDict(value: PickleValue): value is PickleDict {
  return isObject(value) && value.kind === 'dict';
}

/** Entries under a text: the state of an optimizer has numbers for keys, and is none of the network. */
function entriesOf({ entries }: PickleDict): readonly (readonly [string, PickleValue])[] {
  return [...entries].filter((entry): entry is [string, PickleValue] => typeof entry[0] === 'string');
}

/** All tensors of a dictionary and of those in it. */
function collect(dict: PickleDict, prefix: string, depth: number, budget: Budget): readonly Found[] {
  if (depth > DEEPEST) return [];
  return entriesOf(dict).flatMap(([key, value]): readonly Found[] => {
    budget.left -= 1;
    if (budget.left < 0) return [];
    const name = `${prefix}${key}`;
    if (isLeaf(value)) return [{ name, value }];
    return isDict(value) ? collect(value, `${name}.`, depth + 1, budget) : [];
  });
}

function describeEntry([key, value]: readonly [string, PickleValue], budget: Budget): string {
  const tensors = isDict(value) ? collect(value, '', 0, budget).length : 0;
  return `"${key}"  ${isDict(value) ? `a dictionary with ${tensors} tensors` : describeValue(value)}`;
}

interface Chosen {
  readonly found: readonly Found[];
  readonly notes: readonly string[];
}

/** The dictionary that is the state_dict: this one, or the only one in it that holds tensors. */
function choose(root: PickleDict, origin: Origin): Chosen {
  const budget = { left: MOST_VISITED };
  const notes: string[] = [];
  let dict = root;
  for (let depth = 0; depth < DEEPEST; depth += 1) {
    const entries = entriesOf(dict);
    const holders = entries.filter(([, value]) => isDict(value) && collect(value, '', 0, budget).length > 0);
    const wrappers = holders.filter(([key]) => WRAPPER.test(key));
    const own = entries.filter(([, value]) => isLeaf(value));
    if (wrappers.length === 0 && (own.length > 0 || holders.length !== 1)) break;
    const [chosen] = wrappers.length > 0 ? wrappers : holders;
    if (wrappers.length > 1) {
      return fail({
        code: 'BNN1003',
        message: `the checkpoint has ${wrappers.length} dictionaries of tensors, and only one of them can be the network's.`,
        origin,
        details: listAtMost(MOST_LISTED, wrappers, (entry) => describeEntry(entry, budget)),
        help: `Save the one that you mean: torch.save(torch.load("${origin.file}")["${chosen?.[0] ?? ''}"], "weights.pth").`,
      });
    }
    if (chosen === undefined || !isDict(chosen[1])) break;
    // Only tensors in a part named by no known word: its name belongs to theirs.
    if (wrappers.length === 0 && depth > 0) break;
    dict = chosen[1];
    notes.push(`The tensors are those under "${chosen[0]}".`);
  }
  const found = collect(dict, '', 0, budget);
  if (budget.left >= 0) return { found, notes };
  return fail({ code: 'BNN1003', message: `the dictionaries of the file have more than ${MOST_VISITED} entries.`, origin });
}

function refuseObject(root: PickleValue, origin: Origin): never {
  const entries = isDict(root) ? entriesOf(root) : [];
  return fail({
    code: 'BNN1003',
    message: isDict(root) ? 'the file holds no tensors with names.' : `the file holds ${describeValue(root)}, and no tensors with names.`,
    origin,
    details: listAtMost(MOST_LISTED, entries, ([key, value]) => `"${key}"  ${describeValue(value)}`),
    help: 'Save the weights with their names: torch.save(model.state_dict(), "weights.pth").',
  });
}

const PARALLEL = 'module.';

/** torch.nn.DataParallel puts the model under "module". */
function stripParallel(found: readonly Found[]): Chosen {
  if (!found.every(({ name }) => name.startsWith(PARALLEL) && name.length > PARALLEL.length)) return { found, notes: [] };
  return {
    found: found.map(({ name, value }) => ({ name: name.slice(PARALLEL.length), value })),
    notes: [`All names begin with "${PARALLEL}", as torch.nn.DataParallel leaves them; it is taken off.`],
  };
}

export interface StateDict {
  readonly tensors: TensorFile;
  readonly notes: readonly string[];
}

/** @throws UserError BNN1003 where no one dictionary of tensors can be chosen, BNN1009 with every tensor that cannot be read */
export function readStateDict(file: TorchFile, diagnostics: Diagnostics): StateDict {
  const origin: Origin = file.place;
  if (!isDict(file.root)) return refuseObject(file.root, origin);
  const chosen = choose(file.root, origin);
  if (chosen.found.length === 0) return refuseObject(file.root, origin);
  if (chosen.found.length > MOST_TENSORS)
    return fail({ code: 'BNN1003', message: `the file holds more than ${MOST_TENSORS} tensors.`, origin });
  const { found, notes } = stripParallel(chosen.found);
  const reader = new TensorReader(file);
  const tensors: StoredTensor[] = [];
  const seen = new Set<string>();
  for (const { name, value } of found) {
    if (seen.has(name)) diagnostics.error({ code: 'BNN1003', message: `two tensors have the name "${name}".`, origin });
    seen.add(name);
    const decoded = reader.read(name, value);
    if ('tensor' in decoded) tensors.push(decoded.tensor);
    else diagnostics.error(decoded.problem);
  }
  diagnostics.stopOnErrors();
  return { tensors: tensorFile(file.place.file, tensors), notes: [...chosen.notes, ...notes] };
}

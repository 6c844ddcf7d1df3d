/** The network among what a file holds, or what the file is where it holds none. */
import { fail } from '../../support/diagnostics.ts';
import { listAtMost } from '../../support/list-at-most.ts';
import { LAYERS } from './layers/index.ts';
import { describeValue, isCompound, isInstance, isTable, type Instance, type Table, type Value } from './values.ts';

export interface FoundModel {
  readonly instance: Instance;
  /** How Lua would name it. */
  readonly path: string;
}

/** Entries of a table that hold a network by custom, the first first. */
const NAMES: readonly string[] = ['model', 'net', 'network', 'mlp'];

function isModule(value: Value | undefined): value is Instance {
  return isInstance(value) && (LAYERS.has(value.className) || (isTable(value.fields) && isTable(value.fields.entries.get('modules'))));
}

/** Fields that packages of optimizers (optim) keep. */
const OPTIMIZER: readonly string[] = ['learningRate', 'learningRateDecay', 'evalCounter', 'dfdx', 'weightDecay', 'denom', 'paramVariance'];

/** What a table without a network is, and what to do. */
function describeTable(table: Table): readonly [what: string, help: string] {
  const modelFile = table.entries.get('modelFile');
  if (typeof modelFile === 'string') return ['it is a list of the files of a checkpoint', `The network is in the file "${modelFile}".`];
  if (OPTIMIZER.some((key) => table.entries.has(key)))
    return ['it is the state of an optimizer', 'The network is in another file of the same training, such as model_<epoch>.t7.'];
  const tensors = [...table.entries.values()].filter((value) => isCompound(value) && value.kind === 'tensor').length;
  if (tensors > 0) return [`it is a table of ${tensors} tensors, such as data or bare parameters`, SAVE];
  return ['it is a table without a module of nn', SAVE];
}

const SAVE = 'Save the whole network: torch.save(file, model).';

/** @throws UserError BNN1002 for a file without a network, BNN1006 for one with several */
export function findModel(root: Value, file: string): FoundModel {
  if (isModule(root)) return { instance: root, path: 'model' };
  const origin = { file, path: 'the first object' };
  const refuse = (what: string, help: string, details: readonly string[] = []): never =>
    fail({ code: 'BNN1002', message: `"${file}" is no network: ${what}.`, origin, details, help });
  if (!isTable(root)) return refuse(`it is ${describeValue(root)}`, SAVE);
  const held = [...root.entries].flatMap(([key, value]) => (isModule(value) ? [{ key, instance: value }] : []));
  const named = NAMES.flatMap((name) => held.filter(({ key }) => key === name));
  const [only] = named.length > 0 ? named : held;
  if (only === undefined) {
    const keys = listAtMost(12, [...root.entries], ([key, value]) => `entry  ${key}  ${describeValue(value)}`);
    const [what, help] = describeTable(root);
    return refuse(what, help, keys);
  }
  if (named.length === 0 && held.length > 1) {
    return fail({
      code: 'BNN1006',
      message: `"${file}" holds ${held.length} networks, none of them called "model".`,
      origin,
      details: listAtMost(12, held, ({ key, instance }) => `entry  ${key}  ${instance.className}`),
      help: 'Save the one that is meant alone: torch.save(file, model).',
    });
  }
  return { instance: only.instance, path: String(only.key) };
}

/** Options that several verbs share, and how they become compile options. */
import { resolve } from 'node:path';
import { FORMATS, type CompileOptions } from '../driver/compile.ts';
import type { CommandText } from '../driver/provenance.ts';
import { fail } from '../support/diagnostics.ts';
import type { Target } from '../targets/target.ts';

/** The options that decide what a model means and how it is compiled. */
export const MODEL_OPTIONS = {
  name: { type: 'string', describe: 'C prefix; from the file name by default', requiresArg: true },
  from: { choices: FORMATS, describe: 'format of the model; recognised by content by default' },
  topology: {
    type: 'string',
    describe: 'network of a file that holds weights only: a published one by name, or a file',
    requiresArg: true,
  },
  'input-shape': {
    type: 'string',
    describe: 'sizes of one sample, such as 1x28x28, where the file does not state them',
    requiresArg: true,
  },
  input: { choices: ['u8', 'i8', 'f32', 'b1'], describe: 'element type of the C input; by default the type in the model file' },
  output: { type: 'string', describe: 'tensor or node to compile up to', requiresArg: true },
  'input-scale': {
    type: 'string',
    describe: 'real = S·stored + O; decimals or fractions, comma list per channel',
    requiresArg: true,
  },
  'input-offset': { type: 'string', describe: 'O of --input-scale', requiresArg: true },
  mean: { type: 'string', describe: 'real = (stored/255 - M)/D', requiresArg: true },
  std: { type: 'string', describe: 'D of --mean', requiresArg: true },
  'sign-zero': { choices: ['plus', 'minus'], describe: 'what sign(0) gives where the file leaves it 0' },
  strict: { type: 'boolean', default: false, describe: 'warnings are errors' },
  optimize: { choices: ['speed', 'ram', 'size'], default: 'size', describe: 'what kernels are chosen for' },
  ram: { type: 'string', describe: 'bytes of RAM of your part', requiresArg: true },
  flash: { type: 'string', describe: 'bytes of flash of your part', requiresArg: true },
} as const;

/** Of every verb that takes or lists targets. */
export const TARGETS_DIR = {
  'targets-dir': { type: 'string', describe: 'folder with targets of your own, a folder with a target.json each', requiresArg: true },
} as const;

/** The folder of the user's own targets, absolute; null without one. */
export function ownTargets({ targetsDir }: { readonly targetsDir: string | undefined }, cwd: string): string | null {
  return targetsDir === undefined ? null : resolve(cwd, targetsDir);
}

/** One or more targets: a comma list, the option again, or both. It takes one word, so that a model may stand behind it. */
export const TARGET_LIST = {
  type: 'string',
  array: true,
  nargs: 1,
  requiresArg: true,
  coerce: (words: readonly string[]): readonly string[] => words.flatMap((word) => word.split(',')).map((word) => word.trim()),
} as const;

/** What yargs makes of `MODEL_OPTIONS`. */
export interface ModelArguments {
  readonly name: string | undefined;
  readonly from: string | undefined;
  readonly topology?: string | undefined;
  readonly input: 'u8' | 'i8' | 'f32' | 'b1' | undefined;
  readonly inputShape?: string | undefined;
  readonly output: string | undefined;
  readonly inputScale: string | undefined;
  readonly inputOffset: string | undefined;
  readonly mean: string | undefined;
  readonly std: string | undefined;
  readonly signZero: 'plus' | 'minus' | undefined;
  readonly strict: boolean;
  readonly optimize: 'speed' | 'ram' | 'size';
  readonly ram: string | undefined;
  readonly flash: string | undefined;
}

/** A whole number, at least `least`. @throws UserError BNN0001 */
export function wholeNumber(option: string, text: string | undefined, what: string, least: number): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least) return value;
  return fail({ code: 'BNN0001', message: `--${option} ${text} is not ${what}`, details: [`wanted  a whole number, at least ${least}`] });
}

export function compileOptions(args: ModelArguments, target: Target, command: CommandText): CompileOptions {
  return {
    name: args.name ?? null,
    from: args.from ?? null,
    output: args.output ?? null,
    input: args.input ?? null,
    inputScale: args.inputScale ?? null,
    inputOffset: args.inputOffset ?? null,
    mean: args.mean ?? null,
    std: args.std ?? null,
    signZero: args.signZero ?? null,
    inputShape: args.inputShape ?? null,
    strict: args.strict,
    goal: args.optimize,
    ram: wholeNumber('ram', args.ram, 'a number of bytes', 0),
    flash: wholeNumber('flash', args.flash, 'a number of bytes', 0),
    target,
    forcedKernel: null,
    command,
  };
}

/** The command as the banner shows it: options that decide about the result, no paths but file names. */
export function bannerCommand(verb: string, { optimize }: ModelArguments, extra: readonly string[]): CommandText {
  return (file, words) => {
    const options = [...Object.entries(words), ...(optimize === 'size' ? [] : [['optimize', optimize] as const])];
    return ['bnnc', verb, file, ...options.map(([name, value]) => `--${name} ${value}`), ...extra].join(' ');
  };
}

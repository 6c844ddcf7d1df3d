/** Options that several verbs share, and how they become compile options. */
import type { Argv } from 'yargs';
import type { CompileOptions } from '../driver/compile.ts';
import { fail } from '../support/diagnostics.ts';
import type { Target } from '../targets/target.ts';

/** Adds the options that decide what a model means and how it is compiled. */
export function modelOptions<T>(yargs: Argv<T>) {
  return yargs
    .option('name', { type: 'string', describe: 'C prefix; from the file name by default' })
    .option('from', { choices: ['onnx'] as const, describe: 'format of the model; recognised by content by default' })
    .option('input', {
      choices: ['u8', 'i8', 'f32', 'b1'] as const,
      describe: 'element type of the C input; by default the type in the model file',
    })
    .option('output', { type: 'string', describe: 'tensor or node to compile up to' })
    .option('input-scale', {
      type: 'string',
      describe: 'real = S·stored + O; decimals or fractions, comma list per channel',
      requiresArg: true,
    })
    .option('input-offset', { type: 'string', describe: 'O of --input-scale', requiresArg: true })
    .option('mean', { type: 'string', describe: 'real = (stored/255 - M)/D', requiresArg: true })
    .option('std', { type: 'string', describe: 'D of --mean', requiresArg: true })
    .option('sign-zero', { choices: ['plus', 'minus'] as const, describe: 'what sign(0) gives where the file leaves it 0' })
    .option('strict', { type: 'boolean', default: false, describe: 'warnings are errors' })
    .option('optimize', { choices: ['speed', 'ram', 'size'] as const, default: 'size' as const, describe: 'what kernels are chosen for' })
    .option('ram', { type: 'number', describe: 'bytes of RAM of your part', requiresArg: true })
    .option('flash', { type: 'number', describe: 'bytes of flash of your part', requiresArg: true });
}

/** What yargs makes of `modelOptions`. */
export interface ModelArguments {
  readonly name: string | undefined;
  readonly from: 'onnx' | undefined;
  readonly input: 'u8' | 'i8' | 'f32' | 'b1' | undefined;
  readonly output: string | undefined;
  readonly inputScale: string | undefined;
  readonly inputOffset: string | undefined;
  readonly mean: string | undefined;
  readonly std: string | undefined;
  readonly signZero: 'plus' | 'minus' | undefined;
  readonly strict: boolean;
  readonly optimize: 'speed' | 'ram' | 'size';
  readonly ram: number | undefined;
  readonly flash: number | undefined;
}

function limit(name: string, value: number | undefined): number | null {
  if (value === undefined) return null;
  if (Number.isInteger(value) && value >= 0) return value;
  return fail({ code: 'BNN0001', message: `--${name} ${value} is not a number of bytes`, details: ['wanted  a whole number, at least 0'] });
}

export function compileOptions(args: ModelArguments, target: Target, command: string): CompileOptions {
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
    strict: args.strict,
    goal: args.optimize,
    ram: limit('ram', args.ram),
    flash: limit('flash', args.flash),
    target,
    forcedKernel: null,
    command,
  };
}

/** The command as the banner shows it: options that decide about the result, no paths but file names. */
export function bannerCommand(verb: string, file: string, args: ModelArguments, extra: readonly string[]): string {
  const options: readonly (readonly [string, string | number | undefined])[] = [
    ['name', args.name],
    ['from', args.from],
    ['input', args.input],
    ['output', args.output],
    ['input-scale', args.inputScale],
    ['input-offset', args.inputOffset],
    ['mean', args.mean],
    ['std', args.std],
    ['sign-zero', args.signZero],
    ['optimize', args.optimize === 'size' ? undefined : args.optimize],
  ];
  const words = options.flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
  return ['bnnc', verb, file, ...words, ...extra].join(' ');
}

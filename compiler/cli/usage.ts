/** Wrong usage, in words for a person. yargs finds it and says it in its own. */
import { fail } from '../support/diagnostics.ts';
import { nearest } from '../support/nearest.ts';

/** For each verb the names of its options. */
export type Verbs = Readonly<Record<string, readonly string[]>>;

/** Options that every verb has. */
const COMMON = ['help', 'version'];

function refuse(message: string, help: string, details: readonly string[] = []): never {
  return fail({ code: 'BNN0002', message, details, help });
}

function meant(near: string | undefined, otherwise: string): string {
  return near === undefined ? otherwise : `Did you mean ${near}? ${otherwise}`;
}

/** The verb of a command line; undefined where only --help or --version is asked for. @throws UserError BNN0002 */
export function verbOf(argv: readonly string[], verbs: Verbs): string | undefined {
  const [first] = argv;
  const names = Object.keys(verbs);
  if (first === undefined) return refuse('a verb is missing', '`bnnc --help` says what each one does.', [`verbs  ${names.join(', ')}`]);
  if (first.startsWith('-')) return undefined;
  if (names.includes(first)) return first;
  return refuse(`there is no verb "${first}"`, meant(nearest(first, names), '`bnnc --help` lists them.'), [`verbs  ${names.join(', ')}`]);
}

/** Options whose values may begin with a dash, and what such values look like. yargs would read `-1/2` as options 1, /, 2. */
const DASHED: Readonly<Record<string, RegExp>> = {
  '--input-scale': /^-[\d.]/,
  '--input-offset': /^-[\d.]/,
  '--mean': /^-[\d.]/,
  '--std': /^-[\d.]/,
  '--optimization': /^-O/,
};

/** `--input-offset -1/2` as one word. */
export function joinDashedValues(argv: readonly string[]): readonly string[] {
  return argv.flatMap((word, i) => {
    const next = argv[i + 1];
    const belongs = (option: string | undefined, value: string | undefined): boolean => DASHED[option ?? '']?.test(value ?? '') === true;
    if (belongs(word, next)) return [`${word}=${next}`];
    return belongs(argv[i - 1], word) ? [] : [word];
  });
}

/** An option with one value that has several: given twice, or a list in a configuration file. @throws UserError BNN0002 */
export function checkSingle(args: Readonly<Record<string, unknown>>, lists: readonly string[]): void {
  for (const [name, value] of Object.entries(args)) {
    if (!Array.isArray(value) || name === '_' || lists.includes(name) || /[A-Z]/.test(name)) continue;
    refuse(`--${name} has ${value.length} values`, 'Give it once.', [`values  ${value.join(' ')}`]);
  }
}

/** Names that yargs does not know: it lists `input-scal` also as `inputScal`. */
function unknown(list: string, argv: readonly string[], command: string, options: readonly string[]): never {
  const names = list.split(', ').filter((name, _, all) => !(/[A-Z]/.test(name) && all.includes(kebab(name))));
  const [name = ''] = names;
  const dashed = argv.find((word) => /^--?/.test(word) && word.replace(/^--?/, '').split('=')[0] === name);
  if (dashed === undefined) {
    const several = argv.some((word, i) => word === '--target' && [1, 2].every((n) => /^\w/.test(argv[i + n] ?? '')));
    const help = several ? 'Several targets are one comma list: --target host,cortex-m4.' : `\`${command} --help\` shows what it takes.`;
    return refuse(`${command} does not take a second argument "${name}"`, help);
  }
  const near = nearest(name, [...options, ...COMMON]);
  return refuse(`${command} has no option ${dashed.split('=')[0]}`, meant(near && `--${near}`, `\`${command} --help\` lists the options.`));
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** @throws UserError BNN0001 for a value that is no choice, BNN0002 otherwise */
export function explainUsage(message: string, argv: readonly string[], verb: string | undefined, options: readonly string[]): never {
  const command = verb === undefined ? 'bnnc' : `bnnc ${verb}`;
  const more = `\`${command} --help\` lists the options.`;
  const list = /^Unknown arguments?: (.*)$/.exec(message)?.[1];
  if (list !== undefined) return unknown(list, argv, command, options);
  if (message.startsWith('Not enough non-option arguments')) {
    const [first = ''] = argv;
    if (verb === undefined) return unknown(first.replace(/^--?/, ''), argv, command, options);
    const what = verb === 'explain' ? 'the code to explain' : verb === 'completion' ? 'the shell: bash, zsh or fish' : 'the model file';
    const swallowed = argv.includes('--json') ? ' A word behind --json is the file to write: put --json last, or write --json=FILE.' : '';
    return refuse(`${command} lacks ${what}`, `\`${command} --help\` shows where it stands.${swallowed}`);
  }
  const valueless = /^Not enough arguments following: (.*)$/.exec(message)?.[1];
  if (valueless !== undefined) return refuse(`${valueless.length > 1 ? '--' : '-'}${valueless} lacks its value`, more);
  const missing = /^Missing required arguments?: (.*)$/.exec(message)?.[1];
  if (missing !== undefined) return refuse(`${command} needs --${missing.split(', ').join(' and --')}`, more);
  const choice = /Argument: ([\w-]+), Given: (.*), Choices: (.*)/.exec(message);
  if (choice === null) return refuse(message, more);
  const [, option = '', given = '', choices = ''] = choice;
  const known = choices.replaceAll('"', '').split(', ');
  const near = nearest(given.replaceAll('"', ''), known);
  return fail({
    code: 'BNN0001',
    message: `--${option} ${given.replaceAll('"', '')} is not one of its choices`,
    details: [`choices  ${known.join(', ')}`],
    ...(near === undefined ? {} : { help: `Did you mean ${near}?` }),
  });
}

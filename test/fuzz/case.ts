/** One case: a whole file, damaged in a way that its number decides, and what the compiler makes of it. */
import { renderDiagnostics } from '../../compiler/cli/render.ts';
import { headerOf, lowerModel, planModel, type CompileOptions, type ModelSource } from '../../compiler/driver/compile.ts';
import { NO_INPUT_WORDS } from '../../compiler/driver/options.ts';
import type { TopologyChoice } from '../../compiler/frontends/frontend.ts';
import { verifyGraph } from '../../compiler/ir/verify.ts';
import { isCode } from '../../compiler/support/codes.ts';
import { Diagnostics, UserError, type Diagnostic } from '../../compiler/support/diagnostics.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import { randomFrom, type Random } from '../support/random.ts';
import { MUTATE_BYTES } from './mutate-bytes.ts';
import type { Reader, Seed } from './reader.ts';
import type { Sandbox } from './sandbox.ts';

/** A reader with what is made once in a process. */
export interface Prepared {
  readonly reader: Reader;
  readonly corpus: readonly Seed[];
  readonly small: readonly Seed[];
}

export interface Damaged {
  readonly seed: string;
  readonly mutators: readonly string[];
  readonly bytes: Uint8Array;
  readonly file?: string | undefined;
  readonly files?: ReadonlyMap<string, Uint8Array> | undefined;
  readonly topology?: TopologyChoice | undefined;
  readonly options: CompileOptions;
  /** Whether the file is compiled if it can be read. */
  readonly compiled: boolean;
}

/** What a user would not forgive: `crash` is any error that is no diagnostic. */
export type Finding = 'crash' | 'escape' | 'message' | 'graph' | 'header' | 'hang' | 'memory';

export type Outcome =
  | { readonly kind: 'refused'; readonly codes: readonly string[]; readonly text: string }
  | { readonly kind: 'read' | 'compiled' }
  | { readonly kind: Finding; readonly text: string };

/** Files up to this size take most of the cases: they are quick, and most of a large one is tables. */
const SMALL = 32_768;
const COMPILED_SHARE = 0.02;
/** A message is read by a person. */
const LONGEST_MESSAGE = 20_000;

export function prepare(reader: Reader): Prepared {
  // slice() of a Buffer is no copy: a mutator that changes its own would change the seed for all later cases.
  const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);
  const corpus = reader.corpus().map((seed) => ({
    ...seed,
    bytes: copy(seed.bytes),
    ...(seed.files === undefined ? {} : { files: new Map([...seed.files].map(([name, bytes]) => [name, copy(bytes)])) }),
  }));
  const small = corpus.filter(({ bytes }) => bytes.length <= SMALL);
  return { reader, corpus, small: small.length > 0 ? small : corpus };
}

/** The case with this number; the same on every computer that has the same corpus. */
export function makeCase({ reader, corpus, small }: Prepared, seed: number, index: number): Damaged {
  const random = randomFrom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  const file = random.pick(random.chance(0.95) ? small : corpus);
  const formed = Array.from({ length: random.pick([0, 1, 1, 1, 1, 2, 2, 4]) }, () => random.pick(reader.mutators));
  // Most changed bytes are refused at once, so half of the files keep their form.
  const plain = Array.from({ length: formed.length === 0 ? 1 : random.pick([0, 0, 0, 0, 1]) }, () => random.pick(MUTATE_BYTES));
  const beside = [...(file.files?.keys() ?? [])];
  const side = beside.length > 0 && random.chance(0.5) ? random.pick(beside) : null;
  const sideFormed = formed.flatMap(() => (reader.sideMutators === undefined ? [] : [random.pick(reader.sideMutators)]));
  const mutators =
    side === null ? [...formed, ...plain] : [...sideFormed, ...(sideFormed.length > 0 ? plain : [random.pick(MUTATE_BYTES)])];
  const damage = (whole: Uint8Array): Uint8Array => mutators.reduce((damaged, mutator) => mutator.apply(damaged, random, small), whole);
  const files = new Map([...(file.files ?? [])].map(([name, whole]) => [name, name === side ? damage(whole) : whole]));
  const bytes = side === null ? damage(file.bytes) : file.bytes;
  const options = chooseOptions(random);
  return {
    seed: file.name,
    mutators: mutators.map(({ name }) => (side === null ? name : `${name} of ${side}`)),
    bytes,
    file: file.file,
    files,
    topology: file.topology,
    options,
    compiled: file.bytes.length <= SMALL || random.chance(COMPILED_SHARE),
  };
}

const TARGETS = ['host', 'cortex-m4', 'avr'].map((name) => loadTarget(name));

function chooseOptions(random: Random): CompileOptions {
  return {
    ...NO_INPUT_WORDS,
    input: random.pick([null, 'u8', 'u8', 'u8', 'i8', 'b1', 'f32']),
    inputScale: random.pick([null, null, null, '1/255', '1/255', '1/2,1/3,0.7']),
    inputOffset: random.pick([null, null, null, '-1/2']),
    signZero: random.pick([null, 'plus', 'minus']),
    name: null,
    from: null,
    output: random.chance(0.1) ? random.pick(['t1', 't3', 'sign1', 'nothing']) : null,
    target: random.pick(TARGETS),
    goal: random.pick(['size', 'speed', 'ram']),
    flash: null,
    ram: null,
    forcedKernel: null,
    command: 'fuzz',
    strict: false,
  };
}

/** Runs a case. Never throws; hangs and memory are for the process that started this one to see. */
export function runCase({ reader }: Prepared, damaged: Damaged, sandbox: Sandbox): Outcome {
  const escapes: string[] = [];
  const outcome = attempt(reader, damaged, sandbox.open(damaged, escapes));
  return escapes.length === 0 ? outcome : { kind: 'escape', text: `read outside the model's folder: ${escapes.join(', ')}` };
}

function attempt({ frontend }: Reader, { options, compiled }: Damaged, source: ModelSource): Outcome {
  try {
    const diagnostics = new Diagnostics();
    const { bytes, side, file, topology = null } = source;
    const imported = frontend.read(bytes, side, { file, output: options.output, topology }, diagnostics);
    diagnostics.stopOnErrors();
    const problems = verifyGraph(imported.graph);
    if (problems.length > 0) return { kind: 'graph', text: problems.join('\n') };
    if (!compiled || !frontend.accepts(bytes)) return { kind: 'read' };
    const named = { ...options, from: frontend.name };
    const plan = planModel(source, lowerModel(source, named), named);
    const messages = checkMessages(plan.warnings);
    const leak = plantedCode(headerOf(plan, { linkage: 'static', runtime: 'inline' }));
    if (leak !== undefined) return { kind: 'header', text: `a name from the file left its comment: ${leak}` };
    return messages ?? { kind: 'compiled' };
  } catch (error) {
    if (!(error instanceof UserError))
      return { kind: 'crash', text: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    const codes = [...new Set(error.diagnostics.map(({ code }) => code))];
    return checkMessages(error.diagnostics) ?? { kind: 'refused', codes, text: renderDiagnostics(error.diagnostics, false) };
  }
}

/** A message must be short enough to read, with a code, and must not steer the terminal. */
function checkMessages(diagnostics: readonly Diagnostic[]): Outcome | undefined {
  const text = renderDiagnostics(diagnostics, false);
  const short = `${text.slice(0, 600)}${text.length > 600 ? '…' : ''}`;
  const strange = /[^\P{C}\n]/u.exec(text)?.[0];
  if (strange !== undefined)
    return { kind: 'message', text: `has the control character ${JSON.stringify(strange)}: ${JSON.stringify(short)}` };
  if (text.length > LONGEST_MESSAGE) return { kind: 'message', text: `has ${text.length} characters: ${short}` };
  const bad = diagnostics.find(({ code, message }) => !isCode(code) || message.trim() === '');
  return bad === undefined ? undefined : { kind: 'message', text: `has no code or no text: ${JSON.stringify(bad)}` };
}

/** The line on which a hostile name has become code. */
function plantedCode(header: string): string | undefined {
  const code = header.replace(/\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"/g, '');
  return code.split('\n').find((line) => /\bplanted\b/.test(line));
}

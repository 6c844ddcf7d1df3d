/**
 * npm run fuzz -- --reader onnx --cases 100000 --seed 1              runs cases 0 to 99999
 * npm run fuzz -- --reader onnx --seed 1 --case 4711 [--save FILE]   runs one, and shows what becomes of it
 * --record writes the result into RECORD.md; --batch N is how many cases one process runs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LIMITS, READERS_MODULE, runCampaign, type Summary } from './campaign.ts';
import { makeCase, prepare, runCase } from './case.ts';
import { READERS } from './readers.ts';
import { sectionOf, withSection } from './record.ts';
import { createSandbox } from './sandbox.ts';

const RECORD = join(import.meta.dirname, 'RECORD.md');

const { values } = parseArgs({
  options: {
    reader: { type: 'string', default: 'onnx' },
    cases: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    case: { type: 'string' },
    batch: { type: 'string', default: '10000' },
    save: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
});

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function whole(name: 'cases' | 'seed' | 'case' | 'batch'): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} ${values[name]} is not a whole number`);
  return value;
}

const seed = whole('seed');
const reader = READERS[values.reader];
if (reader === undefined) throw new Error(`--reader ${values.reader}: there are ${Object.keys(READERS).join(', ')}`);

function showCase(index: number): void {
  if (reader === undefined) return;
  const prepared = prepare(reader);
  const damaged = makeCase(prepared, seed, index);
  const { target, ...options } = damaged.options;
  say(`case ${index} of seed ${seed}: ${damaged.seed}, ${damaged.mutators.join(' + ')}, ${damaged.bytes.length} bytes`);
  say(
    JSON.stringify({
      target: target.name,
      input: options.input,
      inputScale: options.inputScale,
      inputOffset: options.inputOffset,
      signZero: options.signZero,
      output: options.output,
      goal: options.goal,
    }),
  );
  if (values.save !== undefined) writeFileSync(values.save, damaged.bytes);
  const sandbox = createSandbox();
  try {
    const outcome = runCase(prepared, damaged, sandbox);
    say(`${outcome.kind}\n${'text' in outcome ? outcome.text : ''}`);
    if (!['refused', 'read', 'compiled'].includes(outcome.kind)) process.exitCode = 1;
  } finally {
    sandbox.remove();
  }
}

async function runAll(): Promise<void> {
  const cases = whole('cases');
  let shown = 0;
  const onProgress = ({ cases: done, findings }: Summary): void => {
    for (const { case: index, kind, text } of findings.slice(shown)) say(`case ${index}: ${kind}: ${text}\n`);
    shown = findings.length;
    process.stderr.write(`${done} of ${cases} cases, ${findings.length} findings\n`);
  };
  const summary = await runCampaign({
    reader: values.reader,
    seed,
    from: 0,
    cases,
    batch: whole('batch'),
    limits: LIMITS,
    readers: READERS_MODULE,
    onProgress,
  });
  const section = sectionOf({ reader: values.reader, seed, others: process.env['BNNC_MODELS_DIR'] !== undefined }, summary);
  say(section);
  if (values.record) writeFileSync(RECORD, withSection(readFileSync(RECORD, 'utf8'), values.reader, section));
  if (summary.findings.length > 0) process.exitCode = 1;
}

if (values.case === undefined) await runAll();
else showCase(whole('case'));

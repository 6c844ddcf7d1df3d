/** Damaged model files: a short run of what `npm run fuzz` does at length, and proof that it sees the faults it looks for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../../compiler/support/hash.ts';
import { LIMITS, READERS_MODULE, runCampaign, type Campaign, type Summary } from './campaign.ts';
import { makeCase, prepare, runCase, type Damaged } from './case.ts';
import { READERS as PLANTED } from './planted.ts';
import type { Reader } from './reader.ts';
import { READERS } from './readers.ts';
import { sectionOf, withSection } from './record.ts';
import { createSandbox } from './sandbox.ts';

const CASES = 400;
const PLANTED_MODULE = new URL('planted.ts', import.meta.url).href;

function campaign(reader: string, change: Partial<Campaign> = {}): Campaign {
  return { reader, seed: 1, from: 0, cases: 1, batch: 1500, limits: LIMITS, readers: READERS_MODULE, ...change };
}

describe.each(Object.keys(READERS))('%s', (name) => {
  it(`takes ${CASES} damaged files as a user expects`, async () => {
    const summary = await runCampaign(campaign(name, { cases: CASES }));
    expect(summary.findings).toEqual([]);
    expect(summary.cases).toBe(CASES);
    // Damage that is always refused at once, or never, would test nothing.
    const { read = 0, compiled = 0 } = summary.outcomes;
    expect(read + compiled).toBeGreaterThan(CASES / 100);
    expect(compiled).toBeGreaterThan(0);
    expect(Object.keys(summary.codes).length).toBeGreaterThan(4);
    expect(summary.peakBytes).toBeLessThan(LIMITS.memoryBytes);
  });

  it('makes the same case from the same number', () => {
    const reader = READERS[name] as Reader;
    const same = [prepare(reader), prepare(reader)].map((prepared) => Array.from({ length: 20 }, (_, i) => makeCase(prepared, 7, i)));
    const hex = ({ bytes, files }: Damaged): string => Buffer.concat([bytes, ...(files?.values() ?? [])]).toString('hex');
    const facts = ({ seed, mutators, options }: Damaged): object => ({ seed, mutators, options });
    expect(same[0]?.map(facts)).toEqual(same[1]?.map(facts));
    expect(same[0]?.map(hex)).toEqual(same[1]?.map(hex));
    expect(new Set(same[0]?.map(hex)).size).toBeGreaterThan(12);
  });

  it('leaves its whole files as they are', () => {
    const prepared = prepare(READERS[name] as Reader);
    const contents = (): readonly string[] =>
      prepared.corpus.map(({ bytes, files }) => sha256(Buffer.concat([bytes, ...(files?.values() ?? [])])));
    const before = contents();
    for (let i = 0; i < CASES; i += 1) makeCase(prepared, 1, i);
    expect(contents()).toEqual(before);
  });

  it('reads its whole files, or refuses them with a diagnostic', () => {
    const prepared = prepare(READERS[name] as Reader);
    const sandbox = createSandbox();
    onTestFinished(sandbox.remove);
    const options = makeCase(prepared, 1, 1).options;
    const outcomes = prepared.corpus.map(({ name: seed, bytes, ...rest }) => {
      const whole: Damaged = {
        ...rest,
        seed,
        mutators: [],
        bytes,
        options: { ...options, input: 'u8', output: null, inputScale: null, inputOffset: null, signZero: 'plus' },
        compiled: true,
      };
      return runCase(prepared, whole, sandbox).kind;
    });
    expect(outcomes.filter((kind) => kind === 'compiled').length).toBeGreaterThanOrEqual(outcomes.length / 5);
    expect(outcomes.filter((kind) => kind !== 'compiled' && kind !== 'refused')).toEqual([]);
  });
});

describe('the fuzzer sees', () => {
  const planted = (name: string, cases: number, secondsPerCase = 60): Promise<Summary> => {
    const limits = { secondsPerCase, memoryBytes: 600 * 2 ** 20, heapMegabytes: 100 };
    return runCampaign(campaign(name, { cases, limits, readers: PLANTED_MODULE }));
  };

  it.each([
    ['crash', 'crash', /^TypeError: planted\n/],
    ['long', 'message', /^has 40\d+ characters/],
    ['graph', 'graph', /is never made/],
    ['exit', 'crash', /^$/],
  ])('%s, in every case of it', async (fault, kind, text) => {
    const { findings, cases } = await planted(fault, 2);
    expect(findings.map((found) => [found.case, found.kind])).toEqual([0, 1].map((index) => [index, kind]));
    expect(findings[0]?.text).toMatch(text);
    expect(cases).toBe(2);
  });

  it.each([
    ['hang', 'hang', 1, /did not end within 1 s/],
    ['heap', 'memory', 60, /heap/],
    ['buffers', 'memory', 60, /^needed \d+ MiB$/],
  ])('%s, which ends the process', async (fault, kind, seconds, text) => {
    const { findings } = await planted(fault, 1, seconds);
    expect(findings).toMatchObject([{ case: 0, kind }]);
    expect(findings[0]?.text).toMatch(text);
  });

  it('nothing where nothing is wrong', async () => {
    const { findings, outcomes } = await planted('none', 50);
    expect([findings, outcomes]).toEqual([[], { read: 50 }]);
    expect((await planted('refusal', 50)).codes).toEqual({ BNN1003: 50 });
  });

  it('no guilt in a single case when many together fill the memory', async () => {
    const { findings, cases } = await planted('leak', 18);
    expect([findings, cases]).toEqual([[], 18]);
  });

  it('a read outside the model folder, if the files let it pass', () => {
    const sandbox = createSandbox();
    onTestFinished(sandbox.remove);
    const escapes: string[] = [];
    const { side } = sandbox.open({ bytes: new Uint8Array(1) }, escapes);
    expect(side.read('weights.bin', 0, 4)).toEqual(Uint8Array.of(0, 0, 128, 191));
    const names = ['../outside/canary.bin', 'link.bin', 'linked-folder/canary.bin', '/etc/hostname', 'inner', 'loop.bin'];
    expect(names.map((name) => side.read(name))).toEqual(names.map(() => undefined));
    expect(escapes).toEqual([]);
    expect(() => PLANTED['none']?.frontend.accepts(new Uint8Array())).not.toThrow();
  });
});

describe('the record', () => {
  const summary: Summary = {
    cases: 2,
    outcomes: { refused: 2 },
    codes: { BNN1003: 2 },
    slowest: { case: 1, milliseconds: 5 },
    peakBytes: 2 ** 20,
    findings: [],
  };

  it('has one section a reader, replaced by the next run', () => {
    const section = (reader: string, seed: number): string => sectionOf({ reader, seed, others: false }, summary);
    const record = ['onnx', 'json', 'onnx'].reduce(
      (text, reader, seed) => withSection(text, reader, section(reader, seed)),
      '# Title\n\nText.\n',
    );
    expect(record.match(/^#+ .*$/gm)).toEqual(['# Title', '## json', '## onnx']);
    expect(record).toContain('--reader onnx --cases 2 --seed 2`');
    expect(record).toContain('| BNN1003 | the model file is truncated or damaged | 2 |');
  });

  it('holds only long runs without findings', () => {
    const record = readFileSync(join(import.meta.dirname, 'RECORD.md'), 'utf8');
    for (const section of record.split(/\n(?=## )/).slice(1)) {
      expect(Number(/--cases (\d+)/.exec(section)?.[1])).toBeGreaterThanOrEqual(100_000);
      expect(section).toMatch(/^\| crashes, .*\| 0 \|$/m);
    }
  });
});

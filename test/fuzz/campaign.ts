/** Runs many cases in child processes with limits, and sums up. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { resultSchema, type Batch, type Result } from './batch.ts';

export interface Limits {
  readonly secondsPerCase: number;
  /** Resident, array buffers included. */
  readonly memoryBytes: number;
  /** Of the JavaScript heap. */
  readonly heapMegabytes: number;
}

export const LIMITS: Limits = { secondsPerCase: 10, memoryBytes: 2 ** 30, heapMegabytes: 512 };

export interface Campaign {
  readonly reader: string;
  readonly seed: number;
  readonly from: number;
  readonly cases: number;
  /** Cases that one process runs. */
  readonly batch: number;
  readonly limits: Limits;
  /** URL of a module with READERS. */
  readonly readers: string;
  readonly onProgress?: (done: Summary) => void;
}

export type Summary = Omit<Result, 'stoppedAt'>;

export const READERS_MODULE: string = new URL('readers.ts', import.meta.url).href;

const POLL_MILLISECONDS = 250;

function add(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

export function merge(a: Summary, b: Summary): Summary {
  return {
    cases: a.cases + b.cases,
    outcomes: add(a.outcomes, b.outcomes),
    codes: add(a.codes, b.codes),
    slowest: a.slowest.milliseconds >= b.slowest.milliseconds ? a.slowest : b.slowest,
    peakBytes: Math.max(a.peakBytes, b.peakBytes),
    findings: [...a.findings, ...b.findings].sort((x, y) => x.case - y.case),
  };
}

const NOTHING: Summary = { cases: 0, outcomes: {}, codes: {}, slowest: { case: 0, milliseconds: 0 }, peakBytes: 0, findings: [] };

function finding(index: number, kind: string, text: string): Summary {
  return { ...NOTHING, cases: 1, outcomes: { [kind]: 1 }, findings: [{ case: index, kind, text }] };
}

/** Where a process was when it ended without a result. */
interface Death {
  readonly at: number;
  readonly hung: boolean;
  readonly text: string;
}

async function runProcess(campaign: Campaign, from: number, to: number): Promise<Result | Death> {
  const { limits, reader, seed, readers } = campaign;
  const folder = mkdtempSync(join(tmpdir(), 'bnnc-fuzz-batch-'));
  const progressFile = join(folder, 'progress');
  const resultFile = join(folder, 'result.json');
  const batch: Batch = { readers, reader, seed, from, to, memoryLimit: limits.memoryBytes, progressFile, resultFile };
  const options = [`--max-old-space-size=${limits.heapMegabytes}`, '--import', new URL('typescript.js', import.meta.url).href];
  const child = execa(process.execPath, [...options, join(import.meta.dirname, 'batch.ts'), JSON.stringify(batch)], {
    all: true,
    reject: false,
    stdin: 'ignore',
    env: { NODE_OPTIONS: '', TMPDIR: folder },
  });
  let seen = '';
  let since = Date.now();
  let hung = false;
  const watch = setInterval(() => {
    const now = existsSync(progressFile) ? readFileSync(progressFile, 'utf8') : '';
    if (now !== seen) [seen, since] = [now, Date.now()];
    else if (now !== '' && Date.now() - since > limits.secondsPerCase * 1000) {
      hung = true;
      child.kill('SIGKILL');
    }
  }, POLL_MILLISECONDS);
  try {
    const { all } = await child;
    if (existsSync(resultFile)) return resultSchema.parse(JSON.parse(readFileSync(resultFile, 'utf8')));
    const text = existsSync(progressFile) ? readFileSync(progressFile, 'utf8').trim() : '';
    if (text === '') throw new Error(`the fuzzer did not start:\n${all}`);
    return { at: Number(text), hung, text: all };
  } finally {
    clearInterval(watch);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A case that took its process with it, once more and alone: what is seen then is its own doing. */
async function confirm(campaign: Campaign, index: number): Promise<Summary> {
  const alone = await runProcess(campaign, index, index + 1);
  if ('at' in alone) {
    const heap = /heap out of memory|Allocation failed/.test(alone.text);
    const kind = alone.hung ? 'hang' : heap ? 'memory' : 'crash';
    return finding(index, kind, alone.hung ? `did not end within ${campaign.limits.secondsPerCase} s` : alone.text.slice(0, 2000));
  }
  if (alone.peakBytes <= campaign.limits.memoryBytes) return alone;
  return merge(alone, finding(index, 'memory', `needed ${Math.round(alone.peakBytes / 2 ** 20)} MiB`));
}

async function runRange(campaign: Campaign, from: number, to: number): Promise<Summary> {
  if (from >= to) return NOTHING;
  const result = await runProcess(campaign, from, to);
  if ('at' in result) {
    const before = await runRange(campaign, from, result.at);
    const itself = await confirm(campaign, result.at);
    return merge(merge(before, itself), await runRange(campaign, result.at + 1, to));
  }
  const { stoppedAt, ...done } = result;
  if (result.peakBytes <= campaign.limits.memoryBytes) return merge(done, await runRange(campaign, stoppedAt, to));
  // The last case passed the limit, perhaps only on top of what the others had left behind.
  const last = stoppedAt - 1;
  const before = from < last ? await runRange(campaign, from, last) : NOTHING;
  return merge(merge(before, await confirm(campaign, last)), await runRange(campaign, stoppedAt, to));
}

export async function runCampaign(campaign: Campaign): Promise<Summary> {
  const end = campaign.from + campaign.cases;
  let summary = NOTHING;
  for (let from = campaign.from; from < end; from += campaign.batch) {
    summary = merge(summary, await runRange(campaign, from, Math.min(end, from + campaign.batch)));
    campaign.onProgress?.(summary);
  }
  return summary;
}

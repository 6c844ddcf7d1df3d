/**
 * The rows of bench/networks.md: a network on a target under a goal, and how few instructions are the aim. A target or a kernel
 * that does not exist yet is left out with a note.
 */
import { join } from 'node:path';
import type { Goal } from '../../compiler/kernels/select.ts';
import { BENCH_MODELS } from '../../scripts/bench-models.ts';

export interface BenchNetwork {
  readonly name: string;
  /** The model file of a fixture; null for one of scripts/bench-models.ts. */
  readonly fixture: string | null;
  /** Large networks run one sample. */
  readonly samples: number;
}

/** Instructions of one inference; the second form multiplies by the words of 32 multiply-accumulates. */
export type Aim = { readonly instructions: number } | { readonly perWord: number };

export interface Row {
  readonly network: BenchNetwork;
  readonly target: string;
  readonly goal: Goal;
  readonly forcedKernel: string | null;
  /** Null where none is set. */
  readonly aim: Aim | null;
}

const MANY_SAMPLES: ReadonlySet<string> = new Set(['ebnn-simple-mnist', 'ebnn-binary-mnist']);

export const NETWORKS: readonly BenchNetwork[] = [
  ...BENCH_MODELS.map(({ name }) => ({ name, fixture: null, samples: MANY_SAMPLES.has(name) ? 10 : 1 })),
  { name: 'digits-cnn', fixture: join(import.meta.dirname, '../../fixtures/digits-cnn/model.onnx'), samples: 10 },
];

/** Every network is counted on these. */
export const ROW_TARGETS = ['cortex-m4', 'cortex-m0', 'cortex-m55', 'rv32imac', 'rv32imac-zbb'] as const;

/** By network and target. */
const AIMS: Readonly<Record<string, Readonly<Partial<Record<(typeof ROW_TARGETS)[number], Aim>>>>> = {
  'ebnn-simple-mnist': { 'cortex-m4': { instructions: 24_000 }, 'cortex-m0': { instructions: 34_000 } },
  'ebnn-binary-mnist': { 'cortex-m4': { instructions: 9_500 }, 'cortex-m0': { instructions: 13_000 } },
  'small-cifar': {
    'cortex-m4': { instructions: 2_100_000 },
    'cortex-m0': { instructions: 3_400_000 },
    'cortex-m55': { instructions: 900_000 },
    rv32imac: { instructions: 2_700_000 },
  },
  'mlp-1024': { 'cortex-m4': { instructions: 400_000 } },
  'mlp-4096': { 'cortex-m4': { instructions: 4_300_000 } },
  'binarynet-cifar10': {
    'cortex-m4': { instructions: 82_000_000 },
    'cortex-m0': { instructions: 165_000_000 },
    'rv32imac-zbb': { instructions: 85_000_000 },
  },
  'digits-cnn': { 'cortex-m4': { perWord: 3.25 } },
};

function network(name: string): BenchNetwork {
  const found = NETWORKS.find((other) => other.name === name);
  if (found === undefined) throw new Error(`no network ${name}`);
  return found;
}

const onEveryTarget = NETWORKS.flatMap((each) =>
  ROW_TARGETS.map((target): Row => ({ network: each, target, goal: 'speed', forcedKernel: null, aim: AIMS[each.name]?.[target] ?? null })),
);

/** One encoding of the weights each, by how much flash a weight takes. */
const forced = (name: string, bits: string, instructions: number | null): Row => ({
  network: network(name),
  target: 'cortex-m4',
  goal: 'speed',
  forcedKernel: `conv2d-sliced-${bits}bit`,
  aim: instructions === null ? null : { instructions },
});

export const ROWS: readonly Row[] = [
  ...onEveryTarget,
  forced('small-cifar', '4', 2_100_000),
  forced('small-cifar', '2', null),
  forced('small-cifar', '1.5', null),
  forced('small-cifar', '1', 2_500_000),
  forced('binarynet-cifar10', '2', 82_000_000),
  {
    network: network('binarynet-cifar10'),
    target: 'cortex-m4',
    goal: 'size',
    forcedKernel: null,
    aim: { instructions: 175_000_000 },
  },
];

/** What a filter's words are compared with. */
export function wordsOf({ network: { name }, target, goal, forcedKernel }: Row): readonly string[] {
  return [name, target, goal, ...(forcedKernel === null ? [] : [forcedKernel])];
}

/** Rows that hold every word. */
export function rowsWith(words: readonly string[]): readonly Row[] {
  return ROWS.filter((row) => words.every((word) => wordsOf(row).includes(word)));
}

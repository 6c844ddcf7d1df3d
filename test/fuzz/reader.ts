/** What the fuzzer knows about a format. */
import type { Frontend, TopologyChoice } from '../../compiler/frontends/frontend.ts';
import type { Random } from '../support/random.ts';

/** A whole file that the reader is expected to take. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The name of the model file where it says which files belong to it; `model.bin` by default. */
  readonly file?: string;
  /** Files beside it that belong to the model; they are damaged too. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** The network of a file that holds weights only. */
  readonly topology?: TopologyChoice;
}

/** Damages a file. `corpus` is for those that mix two. Must be a function of its arguments and of `random` only. */
export interface Mutator {
  readonly name: string;
  readonly apply: (bytes: Uint8Array, random: Random, corpus: readonly Seed[]) => Uint8Array;
}

export interface Reader {
  readonly frontend: Frontend;
  /** Whole files, made or read again in every process: always the same ones, in the same order. */
  readonly corpus: () => readonly Seed[];
  /** Those that know the form of the file; those that only know bytes come on top. */
  readonly mutators: readonly Mutator[];
  /** Those that know the form of the files beside the model. */
  readonly sideMutators?: readonly Mutator[];
}

/** Sizes, counts, axes and indices that programs get wrong. */
export const EXTREMES: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  5n,
  -1n,
  -2n,
  127n,
  128n,
  255n,
  256n,
  4096n,
  65535n,
  2n ** 20n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 62n,
  2n ** 63n - 1n,
  -(2n ** 31n),
  -(2n ** 63n),
];

/** Names that leave a comment, a string, a line or a terminal's mode, if they are printed as they are. */
export const HOSTILE_NAMES: readonly string[] = [
  '*/ int planted; /*',
  'planted\n#error planted\n',
  '"; int planted; "',
  '\\\nint planted;',
  '??/\nint planted;',
  '\u001b[2Jplanted\u0007',
  '\u202Eplanted\u2066',
  '__proto__',
  'constructor',
  '',
  ' ',
  'x'.repeat(70_000),
];

/** Where external data should not be found; the sandbox has most of them. */
export const HOSTILE_PATHS: readonly string[] = [
  '../outside/canary.bin',
  'inner/../../outside/canary.bin',
  './../outside/canary.bin',
  '..\\outside\\canary.bin',
  'link.bin',
  'linked-folder/canary.bin',
  'loop.bin',
  'inner',
  '.',
  '..',
  '',
  '/etc/hostname',
  '/dev/zero',
  'file:///etc/hostname',
  'C:\\windows\\win.ini',
  'weights.bin\0.txt',
  'weights.bin',
  'inner/weights.bin',
  'inner//weights.bin',
];

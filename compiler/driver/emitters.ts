/** The forms in which a compiled model is written: one entry each, and `--emit` lists them. */
import type { HeaderOptions } from '../emit/c.ts';
import { headerOf, type Compiled } from './compile.ts';

export interface Emitter {
  /** Of the default output file, NAME and this. */
  readonly extension: string;
  /** What the file is, for messages and as its key in the JSON result. */
  readonly noun: string;
  /** The whole text of the file. */
  readonly emit: (model: Compiled, options: HeaderOptions) => string | Promise<string>;
}

export const EMITTERS = {
  c: { extension: '.h', noun: 'header', emit: headerOf },
} as const satisfies Readonly<Record<string, Emitter>>;

export type EmitterName = keyof typeof EMITTERS;

export const EMITTER_NAMES = Object.keys(EMITTERS) as readonly EmitterName[];

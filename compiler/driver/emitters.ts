/** The forms in which a compiled model is written: one entry each, and `--emit` lists them. */
import type { HeaderOptions } from '../emit/c.ts';
import type { EvaluatorPlan } from '../plan/evaluator.ts';
import { writeModel } from '../frontends/json/write.ts';
import { namesOf } from '../plan/names.ts';
import { headerOf, moduleOf, type CompileOptions, type Compiled, type Meant, type ModelSource } from './compile.ts';
import { citedSource, nameOf, notesOf, prefixOf } from './provenance.ts';

interface File {
  /** Of the default output file, NAME and this. */
  readonly extension: string;
  /** What the file is, for messages and as its key in the JSON result. */
  readonly noun: string;
}

/** Of a form that is planned for a target: with its kernels, in its memory. */
export interface PlanEmitter extends File {
  readonly from: 'plan';
  /** The whole text of the file. */
  readonly emit: (model: Compiled, options: HeaderOptions) => string | Promise<string>;
}

/** Of a form that runs wherever its language does: no target, no kernels, no limits of memory. */
export interface EvaluatorEmitter extends File {
  readonly from: 'evaluator';
  /** The whole text of the file. */
  readonly emit: (plan: EvaluatorPlan) => Promise<string>;
}

/** Of a form that keeps what a model means, compilable or not. */
export interface MeaningEmitter extends File {
  readonly from: 'meaning';
  /** The whole text of the file. */
  readonly emit: (model: Meant, source: ModelSource, options: CompileOptions) => string;
}

export type Emitter = PlanEmitter | EvaluatorEmitter | MeaningEmitter;

/** The reference graph as a JSON model, which compiles to the same bytes. */
export function jsonOf({ imported, reference }: Meant, source: ModelSource, options: CompileOptions): string {
  const prefix = prefixOf(source, imported, options);
  return writeModel({
    graph: reference,
    name: namesOf(prefix).prefix === prefix ? prefix : nameOf(source, imported, options),
    source: citedSource(source, imported, options),
    imported: { ...imported, notes: notesOf(imported, options) },
  });
}

export const EMITTERS = {
  c: { from: 'plan', extension: '.h', noun: 'header', emit: headerOf },
  ts: { from: 'evaluator', extension: '.ts', noun: 'module', emit: moduleOf },
  json: { from: 'meaning', extension: '.json', noun: 'model', emit: jsonOf },
} as const satisfies Readonly<Record<string, Emitter>>;

export type EmitterName = keyof typeof EMITTERS;

export const EMITTER_NAMES = Object.keys(EMITTERS) as readonly EmitterName[];

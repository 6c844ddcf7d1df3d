/** One network in two formats: what the compiler must make of both alike. */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { compileModel, type CompileOptions, type Compiled, type ModelSource } from '../../compiler/driver/compile.ts';
import { NO_INPUT_WORDS, type InputWords } from '../../compiler/driver/options.ts';
import { loadTarget } from '../../compiler/targets/load.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');

export interface Twin {
  /** Below fixtures/, or absolute. */
  readonly file: string;
  /** A topology by name, or a document beside the file. */
  readonly topology?: string;
  readonly words?: Partial<InputWords>;
}

function sourceOf({ file, topology }: Twin): ModelSource {
  const path = join(file.startsWith('/') ? '' : FIXTURES, file);
  const document = topology?.endsWith('.json') === true ? readFileSync(join(dirname(path), topology)) : null;
  return {
    bytes: readFileSync(path),
    file: basename(path),
    side: { list: () => [], read: () => undefined },
    ...(topology === undefined
      ? {}
      : { topology: { word: topology, document: document === null ? null : { file: topology, bytes: document } } }),
  };
}

export function compileTwin(twin: Twin): Compiled {
  const options: CompileOptions = {
    ...NO_INPUT_WORDS,
    ...twin.words,
    name: 'net',
    from: null,
    output: null,
    target: loadTarget('cortex-m4'),
    goal: 'size',
    flash: null,
    ram: null,
    forcedKernel: null,
    command: '',
    strict: false,
  };
  return compileModel(sourceOf(twin), options);
}

/** All that lies in flash: packed weights, thresholds, constants of real layers. Names count layers and steps, which may differ. */
export function tablesOf({ plan }: Compiled) {
  return plan.tables.map(({ ctype, values }) => ({ ctype, values }));
}

/** What the tests of the MXNet frontend share: models of a few nodes and arrays. */
import { basename, join } from 'node:path';
import { readModel } from '../../../../compiler/cli/files.ts';
import { mxnet } from '../../../../compiler/frontends/mxnet/index.ts';
import type { FrontendOptions, Imported } from '../../../../compiler/frontends/frontend.ts';
import { Diagnostics } from '../../../../compiler/support/diagnostics.ts';
import { paramsFile, symbolFile, type ArraySpec, type NodeSpec } from '../../../support/mxnet-model.ts';
import { filesOf } from '../read-json.ts';

export interface Model {
  readonly nodes: readonly NodeSpec[];
  readonly arrays: readonly ArraySpec[];
  readonly options?: Partial<FrontendOptions>;
  readonly version?: 0 | 1 | 2 | 3;
}

export function readMxnet({ nodes, arrays, options = {}, version = 2 }: Model): Imported {
  const side = filesOf({ 'net-0000.params': paramsFile(arrays, version) });
  const diagnostics = new Diagnostics();
  return mxnet.read(symbolFile(nodes), side, { file: 'net-symbol.json', output: null, ...options }, diagnostics);
}

export const GRAPHS = join(import.meta.dirname, '../../../../fixtures/mxnet-graphs');

/** A symbol of fixtures/mxnet-graphs with the arrays beside it. `change` may give it another text. */
export function readGraph(
  name: string,
  inputShape: readonly number[],
  output: string | null = null,
  change: (text: string) => string = (text) => text,
): Imported {
  const { bytes, side, file } = readModel(join(GRAPHS, `${name}-symbol.json`), GRAPHS);
  const diagnostics = new Diagnostics();
  const text = new TextEncoder().encode(change(new TextDecoder().decode(bytes)));
  const imported = mxnet.read(text, side, { file: basename(file), output, inputShape }, diagnostics);
  diagnostics.stopOnErrors();
  return imported;
}

export const variable = (name: string): NodeSpec => ({ op: 'null', name });
export const f32 = (name: string, shape: readonly number[], values: readonly number[]): ArraySpec => ({ name, shape, values });

/** The bits of words that the file types as floats. */
export function packed(name: string, shape: readonly number[], words: readonly number[]): ArraySpec {
  return { name, shape, values: [], raw: new Uint8Array(Uint32Array.from(words).buffer) };
}

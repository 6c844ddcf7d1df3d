/** Names of generated functions: the same text has the same name, so layers and models of one shape share it. */
import { sha256 } from '../support/hash.ts';
import type { GeneratedFunction } from './kernel.ts';

/** @param make the function under a name; @param prefix of its name: digits of its template and view follow */
export function named(prefix: string, make: (symbol: string) => GeneratedFunction): GeneratedFunction {
  const { template, view } = make(prefix);
  return make(`${prefix}_${sha256(Buffer.from(JSON.stringify([template, view]))).slice(0, 8)}`);
}

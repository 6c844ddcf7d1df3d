/** Networks of one or two layers below fixtures/, with what their own framework computes: see write_*.py in fixtures/train/native. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Imported } from '../../compiler/frontends/frontend.ts';
import { elementCount } from '../../compiler/ir/encoding.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');

export interface SmallNetwork {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** [sample][element], in the file's order; -0 is 0. */
  readonly outputs: readonly (readonly number[])[];
}

/** By their names without the ending, in order. Throws unless each file has outputs and all outputs have a file. */
export function smallNetworks(folder: string): ReadonlyMap<string, SmallNetwork> {
  const golden = new Map(
    Object.entries(JSON.parse(readFileSync(join(FIXTURES, folder, 'golden.json'), 'utf8')) as Record<string, number[][]>),
  );
  const files = readdirSync(join(FIXTURES, folder)).filter((file) => /\.(tflite|h5|keras)$/.test(file));
  const networks = new Map(
    files.map((file): [string, SmallNetwork] => {
      const name = file.replace(/\.\w+$/, '');
      const outputs = golden.get(name) ?? [];
      if (outputs.length === 0) throw new Error(`${folder}/${file} has no golden outputs`);
      const bytes = readFileSync(join(FIXTURES, folder, file));
      return [name, { file, bytes, outputs: outputs.map((values) => values.map((value) => Math.fround(value) + 0)) }];
    }),
  );
  for (const name of golden.keys()) if (!networks.has(name)) throw new Error(`${folder} has outputs of ${name}, but not its file`);
  return networks;
}

/** The inputs that the golden outputs belong to: multiples of 1/8 in [-2, 2]. */
export function smallSample({ inputShape }: Imported, number: number): Float32Array {
  const value = (i: number): number => (((5 * i + 3 * Math.floor(i / 7) + ((i * i) % 29) + 13 * number) % 33) - 16) / 8;
  return Float32Array.from({ length: elementCount(inputShape) }, (_, i) => value(i));
}

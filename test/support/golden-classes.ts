/** The classes that a compiled model's reference gives for a fixture's vectors, and those that its golden file holds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Compiled } from '../../compiler/driver/compile.ts';
import { realValues } from '../../compiler/ir/encoding.ts';
import { interpret } from '../../compiler/ir/interpret.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const HEAD = 16;

/** Of the first `count` images of 28×28 bytes; the model's input is u8 with one channel. */
export function interpretClasses(
  { reference }: Compiled,
  fixture: string,
  count: number,
): { readonly classes: readonly number[]; readonly golden: readonly number[] } {
  const images = gunzipSync(readFileSync(join(FIXTURES, fixture, 'vectors-images.idx3-ubyte.gz'))).subarray(HEAD);
  const { pred_all: all } = JSON.parse(readFileSync(join(FIXTURES, fixture, 'golden.json'), 'utf8')) as { pred_all: string };
  const classes = Array.from({ length: count }, (_, n) => {
    const scores = Array.from(realValues(interpret(reference, new Uint8Array(images.subarray(784 * n, 784 * (n + 1))))));
    return scores.indexOf(Math.max(...scores));
  });
  return { classes, golden: Array.from(all.slice(0, count), Number) };
}

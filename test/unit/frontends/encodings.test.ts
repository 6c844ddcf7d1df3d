/** ENCODINGS_DIR=folder writes the files out as well. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileModel, type CompileOptions, type Compiled } from '../../../compiler/driver/compile.ts';
import type { InputWords } from '../../../compiler/driver/options.ts';
import { interpret } from '../../../compiler/ir/interpret.ts';
import { loadTarget } from '../../../compiler/targets/load.ts';
import { ENCODINGS, reencode, streamline } from '../../support/encodings.ts';
import { NO_FILES } from './read-model.ts';
import { compileOptions } from '../../support/options.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures');
const PIXELS: Partial<InputWords> = { input: 'u8', inputScale: '1/255' };

function compiled(bytes: Uint8Array, words: Partial<InputWords>): Compiled {
  const options: CompileOptions = compileOptions(loadTarget('cortex-m4'), { ...words, name: 'net' });
  return compileModel({ bytes, file: 'net.onnx', side: NO_FILES }, options);
}

/** Everything that lies in flash: packed weights, thresholds, constants of the scores. Names count layers and steps, which differ. */
function tablesOf({ plan }: Compiled) {
  return plan.tables.map(({ ctype, values }) => ({ ctype, values }));
}

const pixels = gunzipSync(readFileSync(join(FIXTURES, 'digits-mlp/vectors-images.idx3-ubyte.gz'))).subarray(16);

function scores({ reference }: Compiled, images: number): readonly number[][] {
  return Array.from({ length: images }, (_, i) => Array.from(interpret(reference, pixels.subarray(i * 784, (i + 1) * 784)).data));
}

const NETWORKS = [
  { name: 'digits-mlp', words: {}, images: 300 },
  { name: 'digits-cnn', words: PIXELS, images: 2 },
] as const;

describe.each(NETWORKS)('$name in another encoding', ({ name, words, images }) => {
  const bytes = readFileSync(join(FIXTURES, name, 'model.onnx'));
  const files: Record<string, Uint8Array> = Object.fromEntries(
    Object.entries(ENCODINGS)
      // ONNX's Sign(0) is 0; this network was trained with +1, and its sums attain 0.
      .filter(([encoding]) => !(name === 'digits-cnn' && encoding === 'onnx-sign'))
      .map(([encoding, spelling]) => [encoding, reencode(bytes, spelling)]),
  );
  if (name === 'digits-mlp') files['finn-streamlined'] = streamline(bytes);
  const folder = process.env['ENCODINGS_DIR'];
  let plain: Compiled;
  let wanted: readonly number[][];

  beforeAll(() => {
    plain = compiled(bytes, words);
    wanted = scores(plain, images);
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    for (const [encoding, file] of Object.entries(files)) writeFileSync(join(folder, `${name}.${encoding}.onnx`), file);
  });

  it.each(Object.keys(files))('%s has the same weight tables, thresholds and outputs', (encoding) => {
    const other = compiled(files[encoding] ?? new Uint8Array(), words);
    expect(tablesOf(other)).toEqual(tablesOf(plain));
    expect(scores(other, images)).toEqual(wanted);
  });
});

/** A folder with a model, files beside it, and files outside that no reader may see. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { zipSync } from 'fflate';
import { readModel } from '../../compiler/cli/files.ts';
import type { ModelSource } from '../../compiler/driver/compile.ts';

export interface Sandbox {
  /** The model as the command line reads it; `escapes` gets the name of each file outside its folder that was read. */
  readonly open: (bytes: Uint8Array, escapes: string[]) => ModelSource;
  readonly remove: () => void;
}

/** What stands outside is made of this alone, so that it is known wherever it turns up. */
const CANARY = 'The canary is outside. ';

/** 32 × 32 float32 numbers in numpy's format 1.0. */
function npy(elements: Uint8Array): Uint8Array {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (32, 32), }".padEnd(117).concat('\n');
  return Buffer.concat([Buffer.from([0x93]), Buffer.from('NUMPY\x01\x00'), Buffer.from([header.length, 0]), Buffer.from(header), elements]);
}

export function createSandbox(): Sandbox {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'bnnc-fuzz-')));
  const models = join(root, 'models');
  const outside = join(root, 'outside');
  for (const folder of [models, outside, join(models, 'inner')]) mkdirSync(folder);
  writeFileSync(join(outside, 'canary.bin'), CANARY.repeat(200));
  const weights = new Uint8Array(Float32Array.from({ length: 1024 }, (_, i) => (i % 3 === 0 ? -1 : 1)).buffer);
  writeFileSync(join(models, 'weights.bin'), weights);
  writeFileSync(join(models, 'inner', 'weights.bin'), weights);
  const array = npy(weights);
  writeFileSync(join(models, 'weights.npy'), array);
  writeFileSync(join(models, 'weights.npz'), zipSync({ 'fc1.npy': array }));
  writeFileSync(join(models, 'bomb.npz'), zipSync({ 'fc1.npy': new Uint8Array(2 ** 27) }));
  symlinkSync('../outside/canary.bin', join(models, 'link.bin'));
  symlinkSync('../outside', join(models, 'linked-folder'));
  symlinkSync('loop.bin', join(models, 'loop.bin'));

  const isOutside = (name: string): boolean => {
    try {
      return !realpathSync(resolve(models, name)).startsWith(models + sep);
    } catch {
      return false;
    }
  };
  return {
    open: (bytes, escapes) => {
      writeFileSync(join(models, 'model.bin'), bytes);
      const source = readModel('model.bin', models);
      const read: ModelSource['side']['read'] = (name, offset, length) => {
        const result = source.side.read(name, offset, length);
        const canary = result !== undefined && Buffer.from(result).toString('latin1').includes(CANARY.slice(0, 8));
        if (result !== undefined && (canary || isOutside(name))) escapes.push(name);
        return result;
      };
      return { ...source, side: { ...source.side, read } };
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

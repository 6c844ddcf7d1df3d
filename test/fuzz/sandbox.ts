/** A folder with a model, files beside it, and files outside that no reader may see. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { zipSync } from 'fflate';
import { readModel } from '../../compiler/cli/files.ts';
import type { TopologyChoice } from '../../compiler/frontends/frontend.ts';
import type { ModelSource } from '../../compiler/driver/compile.ts';

export interface SandboxedModel {
  readonly bytes: Uint8Array;
  readonly file?: string | undefined;
  readonly files?: ReadonlyMap<string, Uint8Array> | undefined;
  readonly topology?: TopologyChoice | undefined;
}

export interface Sandbox {
  /** The model as the command line reads it; `escapes` gets the name of each file outside its folder that was read. */
  readonly open: (model: SandboxedModel, escapes: string[]) => ModelSource;
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
  let written: readonly string[] = [];
  return {
    open: ({ bytes, file = 'model.bin', files = new Map<string, Uint8Array>(), topology }, escapes) => {
      for (const name of written) rmSync(join(models, name));
      written = [file, ...files.keys()];
      files.forEach((content, name) => {
        writeFileSync(join(models, name), content);
      });
      writeFileSync(join(models, file), bytes);
      const source = readModel(file, models);
      const read: ModelSource['side']['read'] = (name, offset, length) => {
        const result = source.side.read(name, offset, length);
        const canary = result !== undefined && Buffer.from(result).toString('latin1').includes(CANARY.slice(0, 8));
        if (result !== undefined && (canary || isOutside(name))) escapes.push(name);
        return result;
      };
      return { ...source, side: { ...source.side, read }, ...(topology === undefined ? {} : { topology }) };
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

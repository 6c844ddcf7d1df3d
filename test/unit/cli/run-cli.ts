/** Runs command lines in a folder of their own. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { run } from '../../../compiler/cli/index.ts';
import { MODELS } from '../../golden/make-models.ts';

export interface Outcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Place {
  readonly folder: string;
  readonly run: (...argv: readonly string[]) => Promise<Outcome>;
  readonly read: (path: string) => string;
  readonly names: () => readonly string[];
}

/** The bytes of the model of a golden case. */
export function modelOf(name: string): Uint8Array {
  const make = MODELS[name];
  if (make === undefined) throw new Error(`there is no golden case ${name} with a model`);
  return make();
}

/** A new folder with these files; it is removed when the test ends. */
export function placeWith(files: Readonly<Record<string, string | Uint8Array>>): Place {
  const folder = mkdtempSync(join(tmpdir(), 'bnnc-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return {
    folder,
    run: async (...argv) => {
      let [stdout, stderr] = ['', ''];
      const exit = await run(argv, {
        stdout: (text) => void (stdout += text),
        stderr: (text) => void (stderr += text),
        isTerminal: false,
        cwd: folder,
      });
      return { exit, stdout, stderr };
    },
    read: (path) => readFileSync(join(folder, path), 'utf8'),
    names: () => readdirSync(folder).sort(),
  };
}

/** 8 pixels in, 3 scores out. */
export const PERCEPTRON = { 'net.onnx': modelOf('header-dense') };
/** 40 bits in, 3 scores out. */
export const BITS = { 'bits.onnx': modelOf('header-bits') };

/** A .npy file of bytes. */
export function npy(shape: readonly number[], values: readonly number[], kind = '|u1'): Uint8Array {
  const text = `{'descr': '${kind}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const header = `${text.padEnd(Math.ceil((11 + text.length) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([start, Buffer.from(header), Buffer.from(values)]);
}

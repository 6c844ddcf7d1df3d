/** What the tests of the TensorFlow frontend share. */
import { expect } from 'vitest';
import { realValues } from '../../../../compiler/ir/encoding.ts';
import { interpret } from '../../../../compiler/ir/interpret.ts';
import { verifyGraph } from '../../../../compiler/ir/verify.ts';
import type { FrontendOptions, Imported, SideFiles } from '../../../../compiler/frontends/frontend.ts';
import { tensorflow } from '../../../../compiler/frontends/tensorflow/index.ts';
import { Diagnostics, UserError, type Diagnostic } from '../../../../compiler/support/diagnostics.ts';

export function sideOf(files: ReadonlyMap<string, Uint8Array>): SideFiles {
  return {
    list: (pattern) => {
      const [before = '', after] = pattern.split('*');
      return [...files.keys()]
        .filter((name) => (after === undefined ? name === before : name.startsWith(before) && name.endsWith(after)))
        .sort();
    },
    read: (name, offset = 0, length) => {
      const bytes = files.get(name);
      const end = offset + (length ?? (bytes?.length ?? 0) - offset);
      return bytes === undefined || end > bytes.length ? undefined : bytes.slice(offset, end);
    },
  };
}

export function readFile(
  bytes: Uint8Array,
  options: Partial<FrontendOptions> = {},
  files: ReadonlyMap<string, Uint8Array> = new Map(),
): Imported {
  const diagnostics = new Diagnostics();
  const imported = tensorflow.read(bytes, sideOf(files), { file: 'model.pb', output: null, topology: null, ...options }, diagnostics);
  diagnostics.stopOnErrors();
  expect(verifyGraph(imported.graph)).toEqual([]);
  return imported;
}

export function problemsOf(...parameters: Parameters<typeof readFile>): readonly Diagnostic[] {
  try {
    readFile(...parameters);
  } catch (error) {
    if (error instanceof UserError) return error.diagnostics;
    throw error;
  }
  throw new Error('the model was read');
}

/** The scores of one sample, given in the file's order. */
export function scoresOf({ graph, inputOrder }: Imported, sample: readonly number[]): readonly number[] {
  const input = Float32Array.from(sample, (_, i) => sample[inputOrder?.[i] ?? i] ?? 0);
  return Array.from(realValues(interpret(graph, input)));
}

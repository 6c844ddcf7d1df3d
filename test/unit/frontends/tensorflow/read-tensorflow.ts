/** What the tests of the TensorFlow frontend share. */
import { basename, dirname, join } from 'node:path';
import { expect } from 'vitest';
import { readModel } from '../../../../compiler/cli/files.ts';
import { realValues } from '../../../../compiler/ir/encoding.ts';
import { interpret } from '../../../../compiler/ir/interpret.ts';
import { verifyGraph } from '../../../../compiler/ir/verify.ts';
import type { FrontendOptions, Imported, SideFiles } from '../../../../compiler/frontends/frontend.ts';
import { tensorflow } from '../../../../compiler/frontends/tensorflow/index.ts';
import { Diagnostics, type Diagnostic } from '../../../../compiler/support/diagnostics.ts';
import { problemsIn } from '../../../support/problems.ts';

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
  return problemsIn(() => readFile(...parameters));
}

export const GRAPHS = join(import.meta.dirname, '../../../../fixtures/tensorflow-graphs');

/** A file of fixtures/tensorflow-graphs, with what lies beside it. */
export function readGraph(
  file: string,
  options: Partial<FrontendOptions> = {},
  change: (bytes: Uint8Array, name: string) => Uint8Array | undefined = (bytes) => bytes,
): Imported {
  const path = join(GRAPHS, file);
  const { bytes, side } = readModel(path, dirname(path));
  const changed: SideFiles = {
    ...side,
    read: (name, offset = 0, length) => {
      const whole = side.read(name);
      const other = whole && change(whole, name);
      const end = offset + (length ?? (other?.length ?? 0) - offset);
      return other === undefined || end > other.length ? undefined : other.slice(offset, end);
    },
  };
  const diagnostics = new Diagnostics();
  const own = { file: basename(file), output: null, topology: null, ...options };
  const imported = tensorflow.read(change(bytes, own.file) ?? bytes, changed, own, diagnostics);
  diagnostics.stopOnErrors();
  expect(verifyGraph(imported.graph)).toEqual([]);
  return imported;
}

/** The scores of one sample, given in the file's order. */
export function scoresOf({ graph, inputOrder }: Imported, sample: readonly number[]): readonly number[] {
  const input = Float32Array.from(sample, (_, i) => sample[inputOrder?.[i] ?? i] ?? 0);
  return Array.from(realValues(interpret(graph, input)));
}

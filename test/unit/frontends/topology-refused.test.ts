/** --topology with a file that says what it computes: one sentence, whichever part of the compiler knows it. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { importModel } from '../../../compiler/driver/compile.ts';
import { UserError } from '../../../compiler/support/diagnostics.ts';
import { loadTarget } from '../../../compiler/targets/load.ts';
import { compileOptions } from '../../support/options.ts';
import { NO_FILES } from './read-model.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures');

it.each([
  ['onnx', 'digits-cnn/model.onnx'],
  ['tflite', 'digits-cnn/keras/model.tflite'],
  ['keras', 'digits-cnn/keras/model.h5'],
  ['keras', 'digits-cnn/keras/model.keras'],
  ['ebnn', 'ebnn-conv-pool/ebnn/model.h'],
])('%s refuses it: %s', (format, path) => {
  const file = basename(path);
  const source = { file, bytes: readFileSync(join(FIXTURES, path)), side: NO_FILES, topology: { word: 'net.json', document: null } };
  const found: unknown[] = [];
  try {
    importModel(source, compileOptions(loadTarget('cortex-m4')));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    found.push(...error.diagnostics);
  }
  expect(found).toEqual([
    {
      severity: 'error',
      code: 'BNN0001',
      message: `--topology is for files that hold weights only; "${file}" (${format}) states its network.`,
      help: 'Leave it out. If the file is of another format, name that with --from.',
    },
  ]);
});

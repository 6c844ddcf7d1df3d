/** What the tests of the PyTorch frontend share. */
import { readLegacyFile } from '../../../../compiler/frontends/pytorch/legacy-file.ts';
import { pytorch } from '../../../../compiler/frontends/pytorch/index.ts';
import { readStateDict, type StateDict } from '../../../../compiler/frontends/pytorch/state-dict.ts';
import { readZipFile } from '../../../../compiler/frontends/pytorch/zip-file.ts';
import { Diagnostics, type Diagnostic } from '../../../../compiler/support/diagnostics.ts';
import { isZip } from '../../../../compiler/support/zip.ts';
import { problemsIn } from '../../../support/problems.ts';
import { NO_FILES } from '../read-json.ts';

export function stateDictOf(bytes: Uint8Array): StateDict {
  const file = isZip(bytes) ? readZipFile(bytes, 'net.pth') : readLegacyFile(bytes, 'net.pth');
  return readStateDict(file, new Diagnostics());
}

/** Name, shape and elements of each tensor. */
export function tensorsOf(
  bytes: Uint8Array,
): Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>> {
  const { tensors } = stateDictOf(bytes).tensors;
  return Object.fromEntries(Array.from(tensors.values(), ({ name, shape, read }) => [name, { shape, data: Array.from(read()) }]));
}

/** The problems of a file that the frontend must refuse. */
export function problemsOf(bytes: Uint8Array): readonly Diagnostic[] {
  return problemsIn(() => {
    const diagnostics = new Diagnostics();
    pytorch.read(bytes, NO_FILES, { file: 'net.pth', output: null }, diagnostics);
    diagnostics.stopOnErrors();
  });
}

/** BNN1003 of the file, as it must be to the letter. */
export function damage(message: string, path: string, byte: number | null, more: Partial<Diagnostic> = {}): Diagnostic {
  const origin = { file: 'net.pth', path, ...(byte === null ? {} : { position: { byte } }) };
  return { code: 'BNN1003', severity: 'error', message, origin, ...more };
}

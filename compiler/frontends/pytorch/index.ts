/** The PyTorch frontend: weights that torch.save wrote, with the topology from beside them. */
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import { isZip, zipNames } from '../../support/zip.ts';
import { importTopology } from '../topology.ts';
import type { Frontend, FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import { readLegacyFile } from './legacy-file.ts';
import { readStateDict } from './state-dict.ts';
import type { TorchFile } from './torch-file.ts';
import { TOPOLOGIES } from './topologies/index.ts';
import { isTorchZip, readZipFile } from './zip-file.ts';

const MOST_LISTED = 10;
const SAVE_WEIGHTS = 'torch.save(model.state_dict(), "weights.pth")';

/** Of the POSIX and GNU tar formats. */
function isTar(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(257, 262)) === 'ustar';
}

/** torch.save's magic number in protocol 0 or 1, which have no header; other pickles of them are text like any other. */
const TEXT_MAGIC = 'L119547037146038801333356L\n';

function isPickle(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x80) return (bytes[1] ?? 0) >= 2 && (bytes[1] ?? 0) <= 5;
  return String.fromCharCode(...bytes.subarray(0, TEXT_MAGIC.length)) === TEXT_MAGIC;
}

function refuseTar(file: string): never {
  return fail({
    code: 'BNN1010',
    message: 'the file is a tar archive, as torch.save wrote before PyTorch 0.1.10 (2017), or one that holds a checkpoint.',
    origin: { file, path: 'tar header' },
    help: `Unpack it if it holds a checkpoint; otherwise load it with torch.load and save it again: ${SAVE_WEIGHTS}.`,
  });
}

/** Every class that is named and is not on the list of plain data. */
function refuseClasses({ refused, place }: TorchFile, diagnostics: Diagnostics): void {
  const model = [...refused.keys()].some((name) => name.startsWith('torch.nn.'));
  for (const [name, byte] of [...refused].slice(0, MOST_LISTED)) {
    diagnostics.error({
      code: 'BNN1003',
      message: `the file is a pickle that needs the Python class or function "${name}", and bnnc runs no code of a model file.`,
      origin: { ...place, position: { byte } },
      ...(model ? { notes: ['It holds a whole model (torch.save(model, …)), which only its own program can load.'] } : {}),
      help: `Load it with that program and save only the weights: ${SAVE_WEIGHTS}.`,
    });
  }
  diagnostics.stopOnErrors();
}

function read(bytes: Uint8Array, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  const { file } = options;
  if (isTar(bytes)) return refuseTar(file);
  const opened = isZip(bytes) ? readZipFile(bytes, file) : readLegacyFile(bytes, file);
  refuseClasses(opened, diagnostics);
  const { tensors, notes } = readStateDict(opened, diagnostics);
  const imported = importTopology(tensors, TOPOLOGIES, side, options, diagnostics);
  return { ...imported, notes: [...notes, ...imported.notes] };
}

export const pytorch: Frontend = {
  name: 'pytorch',
  endings: ['.pth', '.pt', '.tar'],
  doc: 'PyTorch weights (.pth, .pt: torch.save of a state_dict or a checkpoint), with a topology beside them or a built-in one.',
  accepts: (bytes) => isPickle(bytes) || isTar(bytes) || isTorchZip(zipNames(bytes)),
  topologies: TOPOLOGIES,
  read,
};

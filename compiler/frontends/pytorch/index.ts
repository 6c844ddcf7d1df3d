/** The PyTorch frontend: weights that torch.save wrote, with the topology from beside them. */
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import { listAtMost } from '../../support/list-at-most.ts';
import { isZip, zipNames } from '../../support/zip.ts';
import { importTopology } from '../topology.ts';
import type { Frontend, FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import { readLegacyFile } from './legacy-file.ts';
import { readStateDict } from './state-dict.ts';
import type { TorchFile } from './torch-file.ts';
import { TOPOLOGIES } from './topologies/index.ts';
import { isTorchZip, readZipFile } from './zip-file.ts';

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

/** Classes and functions that are not on the list of plain data: one problem, however many there are. */
function refuseClasses({ refused, place }: TorchFile): void {
  const [first] = refused;
  if (first === undefined) return;
  const [name, byte] = first;
  const model = [...refused.keys()].some((each) => each.startsWith('torch.nn.'));
  const needed = refused.size === 1 ? `the Python class or function "${name}"` : `${refused.size} Python classes or functions`;
  fail({
    code: 'BNN1003',
    message: `the file is a pickle that needs ${needed}, and bnnc runs no code of a model file.`,
    origin: { ...place, position: { byte } },
    ...(refused.size === 1 ? {} : { details: listAtMost(12, [...refused], ([each, at]) => `byte ${at}  "${each}"`) }),
    ...(model ? { notes: ['It holds a whole model (torch.save(model, …)), which only its own program can load.'] } : {}),
    help: `Load it with that program and save only the weights: ${SAVE_WEIGHTS}.`,
  });
}

function read(bytes: Uint8Array, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  const { file } = options;
  if (isTar(bytes)) return refuseTar(file);
  const opened = isZip(bytes) ? readZipFile(bytes, file) : readLegacyFile(bytes, file);
  refuseClasses(opened);
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

/**
 * torch.save's zip container (PyTorch 1.6 and later): NAME/data.pkl, NAME/data/KEY for each storage, NAME/byteorder. Members are stored,
 * not compressed; other programs may have packed them again.
 */
import { fail } from '../../support/diagnostics.ts';
import { listAtMost } from '../../support/list-at-most.ts';
import { readMember, readZip, type ZipContent, type ZipMember } from '../../support/zip.ts';
import type { StorageReference } from './pickle/value.ts';
import { unpickle } from './pickle/unpickle.ts';
import { readPersistent, type TorchFile } from './torch-file.ts';

const PICKLE = 'data.pkl';

/** Whether a zip file with these members is one of torch.save or torch.jit.save. */
export function isTorchZip(names: readonly string[]): boolean {
  return names.some((name) => name === PICKLE || name.endsWith(`/${PICKLE}`));
}

/** The name of the pickle's folder, with its slash. */
function chooseFolder(members: ReadonlyMap<string, ZipMember>, file: string): string {
  const pickles = [...members.keys()].filter((name) => isTorchZip([name]));
  const [only] = pickles;
  if (only === undefined || pickles.length > 1) {
    return fail({
      code: 'BNN1003',
      message: `the zip container has ${pickles.length === 0 ? 'no' : 'more than one'} member ".../${PICKLE}", where torch.save keeps the objects.`,
      origin: { file, path: 'zip directory' },
      details: listAtMost(20, [...members.keys()], (name) => `member  "${name}"`),
      help: 'Save the weights with torch.save(model.state_dict(), "weights.pth").',
    });
  }
  return only.slice(0, only.length - PICKLE.length);
}

function checkForm(members: ReadonlyMap<string, ZipMember>, folder: string, file: string): void {
  const program = [...members.values()].find(({ name }) => name.startsWith(`${folder}code/`) || name === `${folder}constants.pkl`);
  if (program === undefined) return;
  fail({
    code: 'BNN1010',
    message: 'the file is a TorchScript program (torch.jit.save), of which bnnc reads neither code nor weights.',
    origin: { file, path: `member "${program.name}"`, position: { byte: program.header } },
    help: 'Save the weights, torch.save(torch.jit.load(file).state_dict(), "weights.pth"), or export the model with torch.onnx.export.',
  });
}

/** Order of bytes in the storages, which PyTorch 2.1 and later write down; computers that it was written on before are little-endian. */
function readOrder(content: ZipContent | undefined, path: string, file: string): 'little' | 'big' {
  const order = content === undefined ? 'little' : new TextDecoder().decode(content.bytes.subarray(0, 16));
  if (order === 'little' || order === 'big') return order;
  return fail({
    code: 'BNN1003',
    message: `the order of bytes is "${order}".`,
    origin: { file, path, ...(typeof content?.byte === 'number' ? { position: { byte: content.byte } } : {}) },
    details: ['wanted  "little" or "big"'],
  });
}

/** @throws UserError BNN1003, BNN1010 */
export function readZipFile(bytes: Uint8Array, file: string): TorchFile {
  const members = readZip(bytes, { file, path: 'zip directory' });
  const folder = chooseFolder(members, file);
  checkForm(members, folder, file);
  const member = (name: string): ZipContent | undefined => {
    const found = members.get(`${folder}${name}`);
    return found === undefined ? undefined : readMember(bytes, found, { file, path: `member "${found.name}"` });
  };
  const pickle = member(PICKLE);
  if (pickle === undefined) throw new Error('the pickle of a zip file is not in it');
  const declared = new Map<string, StorageReference>();
  const place = { file, path: `${folder}${PICKLE}${pickle.byte === null ? ', decompressed' : ''}` };
  const whole = pickle.byte === null ? pickle.bytes : bytes.subarray(0, pickle.byte + pickle.bytes.length);
  const { value, refused } = unpickle(whole, place, readPersistent(declared), pickle.byte ?? 0);
  const order = readOrder(member('byteorder'), `member "${folder}byteorder"`, file);
  const contents = new Map<string, ZipContent | undefined>();
  const storage = (key: string): ZipContent | undefined => {
    if (!contents.has(key)) contents.set(key, member(`data/${key}`));
    return contents.get(key);
  };
  return { root: value, refused, place, littleEndian: order === 'little', storage };
}

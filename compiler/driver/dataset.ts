/** Samples and labels for verify: idx (also gzipped), .npy and .npz, recognised by content. */
import { gunzipSync } from 'node:zlib';
import { fail } from '../support/diagnostics.ts';
import type { ElementType } from '../support/elements.ts';
import { isNpy, isNpz, openNpz, readElements, readNpy, type NumericArray, type Refuse } from '../support/numpy.ts';

/** `shape` begins with the number of samples. */
export type Dataset = NumericArray;

const MOST_BYTES = 2 ** 31;

function damaged(file: string, what: string, wanted: string): never {
  return fail({
    code: 'BNN4001',
    message: `"${file}" cannot be read as data: ${what}`,
    origin: { file, path: 'data file' },
    details: [`wanted  ${wanted}`],
  });
}

function refusal(file: string): Refuse {
  return (what, wanted) => damaged(file, what, wanted);
}

/** @throws UserError BNN4001 */
export function readDataset(bytes: Uint8Array, file: string): Dataset {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      return readDataset(gunzipSync(bytes, { maxOutputLength: MOST_BYTES }), file);
    } catch (error) {
      if (error instanceof Error && 'code' in error)
        return damaged(file, `the gzip stream is damaged (${error.message})`, 'a whole .gz file');
      throw error;
    }
  }
  if (isNpy(bytes)) return readNpy(bytes, refusal(file));
  if (isNpz(bytes)) return readNpz(bytes, file);
  if (bytes[0] === 0 && bytes[1] === 0) return readIdx(bytes, file);
  return damaged(file, 'it is neither idx, .npy nor .npz', 'an idx file (MNIST), gzipped or not, a .npy array or a .npz with one array');
}

const IDX_TYPES: Readonly<Record<number, ElementType>> = {
  8: 'uint8',
  9: 'int8',
  11: 'int16',
  12: 'int32',
  13: 'float32',
  14: 'float64',
};

/** Magic 0, 0, type, rank; big-endian sizes; big-endian elements (LeCun's idx). */
function readIdx(bytes: Uint8Array, file: string): Dataset {
  const [, , code = 0, rank = 0] = bytes;
  const type = IDX_TYPES[code];
  if (type === undefined || rank === 0 || bytes.length < 4 + 4 * rank)
    return damaged(file, `its idx header has type ${code} and rank ${rank}`, 'an idx file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  return { shape, elements: readElements(bytes, type, shape, 4 + 4 * rank, false, refusal(file)) };
}

function readNpz(bytes: Uint8Array, file: string): Dataset {
  const refuse = refusal(file);
  const { names, arrays } = openNpz(bytes, MOST_BYTES, () => true, refuse);
  const [name] = names;
  const content = name === undefined ? undefined : arrays.get(name);
  if (content === undefined || names.length !== 1)
    return damaged(file, `it holds ${names.length} arrays: ${names.join(', ')}`, 'exactly one array');
  return readDataset(content, `${file}/${name}`);
}

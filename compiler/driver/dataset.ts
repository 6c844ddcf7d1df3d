/** Samples and labels for verify: idx (also gzipped), .npy and .npz, recognised by content. */
import { elementCount } from '../ir/encoding.ts';
import { gunzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import { fail } from '../support/diagnostics.ts';

export type Elements = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** `shape` begins with the number of samples. Row-major. */
export interface Dataset {
  readonly shape: readonly number[];
  readonly elements: Elements;
}

const MOST_BYTES = 2 ** 31;

function damaged(file: string, what: string, wanted: string): never {
  return fail({
    code: 'BNN4001',
    message: `"${file}" cannot be read as data: ${what}`,
    origin: { file, path: 'data file' },
    details: [`wanted  ${wanted}`],
  });
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
  if (bytes[0] === 0x93 && String.fromCharCode(...bytes.subarray(1, 6)) === 'NUMPY') return readNpy(bytes, file);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return readNpz(bytes, file);
  if (bytes[0] === 0 && bytes[1] === 0) return readIdx(bytes, file);
  return damaged(file, 'it is neither idx, .npy nor .npz', 'an idx file (MNIST), gzipped or not, a .npy array or a .npz with one array');
}

const IDX_TYPES: Readonly<Record<number, 'u1' | 'i1' | 'i2' | 'i4' | 'f4' | 'f8'>> = {
  8: 'u1',
  9: 'i1',
  11: 'i2',
  12: 'i4',
  13: 'f4',
  14: 'f8',
};

/** Magic 0, 0, type, rank; big-endian sizes; big-endian elements (LeCun's idx). */
function readIdx(bytes: Uint8Array, file: string): Dataset {
  const [, , code = 0, rank = 0] = bytes;
  const type = IDX_TYPES[code];
  if (type === undefined || rank === 0 || bytes.length < 4 + 4 * rank)
    return damaged(file, `its idx header has type ${code} and rank ${rank}`, 'an idx file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  return { shape, elements: readElements(bytes.subarray(4 + 4 * rank), type, shape, false, file) };
}

/** @param littleEndian byte order of the elements */
function readElements(bytes: Uint8Array, type: string, shape: readonly number[], littleEndian: boolean, file: string): Elements {
  const count = elementCount(shape);
  const size = Number(type.slice(1));
  if (count * size > bytes.length)
    return damaged(file, `it ends after ${bytes.length} bytes of elements`, `${count * size} bytes for shape [${shape.join(', ')}]`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, count * size);
  const each = Array.from({ length: type === 'u1' || type === 'i1' || type === 'b1' ? 0 : count }, (_, i) => i * size);
  switch (type) {
    case 'u1':
    case 'b1':
      return new Uint8Array(bytes.subarray(0, count));
    case 'i1':
      return new Int8Array(new Uint8Array(bytes.subarray(0, count)).buffer); // slice of a Buffer would not copy
    case 'i2':
      return Int16Array.from(each, (at) => view.getInt16(at, littleEndian));
    case 'i4':
      return Int32Array.from(each, (at) => view.getInt32(at, littleEndian));
    case 'i8': {
      const wide = each.map((at) => Number(view.getBigInt64(at, littleEndian)));
      const beyond = wide.find((value) => value !== (value | 0));
      return beyond === undefined ? Int32Array.from(wide) : damaged(file, `it holds ${beyond}`, 'integers of at most 32 bits');
    }
    case 'f4':
      return Float32Array.from(each, (at) => view.getFloat32(at, littleEndian));
    case 'f8':
      return Float64Array.from(each, (at) => view.getFloat64(at, littleEndian));
    default:
      return damaged(file, `its elements have type ${type}`, 'u1, i1, i2, i4, i8, f4, f8 or bool');
  }
}

/** NumPy format 1.0 to 3.0 (numpy.lib.format). */
function readNpy(bytes: Uint8Array, file: string): Dataset {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = (bytes[6] ?? 0) >= 2;
  if (bytes.length < 12) return damaged(file, 'it ends inside its header', 'a whole .npy file');
  const start = wide ? 12 : 10;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + length));
  const descr = /'descr':\s*'([<>|=])([a-z])(\d+)'/.exec(header);
  const shapeText = /'shape':\s*\(([\d,\s]*)\)/.exec(header);
  if (descr === null || shapeText === null)
    return damaged(file, 'its header names no simple element type', 'an array of numbers, not of objects or records');
  if (/'fortran_order':\s*True/.test(header))
    return damaged(file, 'it is in Fortran order', 'C order: save numpy.ascontiguousarray(array)');
  const shape = (shapeText[1] ?? '').split(',').flatMap((d) => (d.trim() === '' ? [] : [Number(d)]));
  const [, order = '<', kind = '', size = ''] = descr;
  return { shape, elements: readElements(bytes.subarray(start + length), `${kind}${size}`, shape, order !== '>', file) };
}

function readNpz(bytes: Uint8Array, file: string): Dataset {
  let files: Record<string, Uint8Array>;
  try {
    let total = 0;
    files = unzipSync(bytes, {
      filter: ({ originalSize }) => {
        total += originalSize;
        return total <= MOST_BYTES;
      },
    });
  } catch {
    return damaged(file, 'the zip container is damaged', 'a whole .npz file');
  }
  const names = Object.keys(files).sort();
  const [name] = names;
  const content = name === undefined ? undefined : files[name];
  if (content === undefined || names.length !== 1)
    return damaged(file, `it holds ${names.length} arrays: ${names.join(', ')}`, 'exactly one array');
  return readDataset(content, `${file}/${name}`);
}

/** The arrays of a .npz as tensors, in both orders of bytes and of axes. */
import { elementCount } from '../../ir/encoding.ts';
import { fail, type Origin } from '../../support/diagnostics.ts';
import { decodeElements, elementBytes, type ElementData } from '../../support/elements.ts';
import { listAtMost } from '../../support/list-at-most.ts';
import { expectElements, readNpyHeader, type Refuse } from '../../support/numpy.ts';
import { columnMajorStrides, gather } from '../../support/strided.ts';
import { readMember, readZip, type ZipMember } from '../../support/zip.ts';
import { tensorFile, type StoredTensor, type TensorFile } from '../tensor-file.ts';

/** Elements of all arrays: BinaryNet's largest has 37 million. */
const MOST_ELEMENTS_OF_ALL = 2 ** 27;

function readArray(bytes: Uint8Array, member: ZipMember, file: string, left: number): StoredTensor {
  const name = member.name.replace(/\.npy$/, '');
  const content = readMember(bytes, member, { file, path: `array "${name}"` });
  const path = `array "${name}"${content.byte === null ? ', decompressed' : ''}`;
  const at = (byte: number): Origin => ({ file, path, position: { byte: (content.byte ?? 0) + byte } });
  const refuse: Refuse = (what, wanted, byte) =>
    fail({ code: 'BNN1003', message: `the array "${name}" cannot be read: ${what}.`, origin: at(byte), details: [`wanted  ${wanted}`] });
  const { element, littleEndian, columnMajor, shape, start } = readNpyHeader(content.bytes, refuse);
  const count = expectElements(content.bytes, element, shape, start, refuse);
  if (count > left) return refuse('with it the arrays are too large', `at most ${MOST_ELEMENTS_OF_ALL} elements together`, start);
  const stored = content.bytes.subarray(start, start + count * elementBytes(element));
  const read = (): ElementData => {
    const data = decodeElements(stored, element, littleEndian);
    return columnMajor ? gather(data, { sizes: shape, strides: columnMajorStrides(shape) }, data.slice()) : data;
  };
  return { name, element, shape, origin: at(start), read };
}

/** @throws UserError BNN1003 with the member and the byte that is wrong */
export function readArrays(bytes: Uint8Array, file: string): TensorFile {
  const members = [...readZip(bytes, { file, path: 'zip directory' }).values()].filter(({ name }) => name.endsWith('.npy'));
  let left = MOST_ELEMENTS_OF_ALL;
  const tensors = members.map((member) => {
    const array = readArray(bytes, member, file, left);
    left -= elementCount(array.shape);
    return array;
  });
  const names = new Set(tensors.map(({ name }) => name));
  const numbered = [...names].every((name) => /^arr_\d+$/.test(name));
  const missing = numbered ? tensors.findIndex((_, i) => !names.has(`arr_${i}`)) : -1;
  if (missing < 0) return tensorFile(file, tensors);
  return fail({
    code: 'BNN1003',
    message: `the file has ${tensors.length} arrays and no "arr_${missing}" among them, where numpy.savez numbers them from 0.`,
    origin: { file, path: 'zip directory' },
    details: listAtMost(12, [...names], (name) => `array  "${name}"`),
    help: 'Save all parameters again: numpy.savez(path, *lasagne.layers.get_all_param_values(network)).',
  });
}

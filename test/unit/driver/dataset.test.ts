import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readDataset } from '../../../compiler/driver/dataset.ts';
import { UserError } from '../../../compiler/support/diagnostics.ts';
import { npyFile } from '../../support/npy-file.ts';

/** An idx file: magic, big-endian sizes, elements. */
function idx(type: number, shape: readonly number[], elements: Uint8Array): Uint8Array {
  const sizes = Buffer.alloc(4 * shape.length);
  shape.forEach((size, i) => sizes.writeUInt32BE(size, 4 * i));
  return Buffer.concat([Uint8Array.of(0, 0, type, shape.length), sizes, elements]);
}

function bytesOf(values: ArrayBufferView<ArrayBuffer>, swapped = 0): Uint8Array {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  if (swapped === 2) return Buffer.from(bytes).swap16();
  if (swapped === 4) return Buffer.from(bytes).swap32();
  return swapped === 8 ? Buffer.from(bytes).swap64() : bytes;
}

const SIX = Uint8Array.of(0, 1, 2, 3, 254, 255);

function problemOf(bytes: Uint8Array): string {
  try {
    readDataset(bytes, 'x.bin');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const [first] = error.diagnostics;
    expect(first?.code).toBe('BNN4001');
    return [first?.message, ...(first?.details ?? [])].join(' | ');
  }
  throw new Error('the file was read');
}

describe('idx', () => {
  it.each([
    ['unsigned bytes', 8, SIX, Uint8Array.from(SIX)],
    ['signed bytes', 9, SIX, Int8Array.of(0, 1, 2, 3, -2, -1)],
    ['16-bit integers', 11, bytesOf(Int16Array.of(1, -2, 300, -400, 5, 6), 2), Int16Array.of(1, -2, 300, -400, 5, 6)],
    ['32-bit integers', 12, bytesOf(Int32Array.of(1, -2, 70000, 4, 5, 6), 4), Int32Array.of(1, -2, 70000, 4, 5, 6)],
    ['floats', 13, bytesOf(Float32Array.of(1.5, -2, 0, 4, 5, 6), 4), Float32Array.of(1.5, -2, 0, 4, 5, 6)],
    ['doubles', 14, bytesOf(Float64Array.of(0.1, -2, 0, 4, 5, 6), 8), Float64Array.of(0.1, -2, 0, 4, 5, 6)],
  ])('of %s', (_what, type, elements, expected) => {
    expect(readDataset(idx(type, [2, 3], elements), 'x.idx')).toEqual({ shape: [2, 3], elements: expected });
  });

  it('may be gzipped', () => {
    expect(readDataset(gzipSync(idx(8, [6], SIX)), 'x.gz')).toEqual({ shape: [6], elements: Uint8Array.from(SIX) });
  });

  it('is read at any offset of a larger buffer', () => {
    const padded = Buffer.concat([Uint8Array.of(9, 9, 9), idx(13, [1], bytesOf(Float32Array.of(2.5), 4))]);
    expect(readDataset(padded.subarray(3), 'x.idx').elements).toEqual(Float32Array.of(2.5));
  });

  it('with elements missing, an unknown type or no dimension is refused', () => {
    expect(problemOf(idx(8, [2, 4], SIX))).toBe(
      '"x.bin" cannot be read as data: it ends after 6 bytes of elements | wanted  8 bytes for shape [2, 4]',
    );
    expect(problemOf(idx(10, [6], SIX))).toContain('its idx header has type 10 and rank 1');
    expect(problemOf(idx(8, [], SIX))).toContain('its idx header has type 8 and rank 0');
    expect(problemOf(Uint8Array.of(0, 0, 8, 3, 0, 0))).toContain('its idx header has type 8 and rank 3');
  });

  it('that claims more than there can be is refused before anything is allocated', () => {
    expect(problemOf(idx(13, [0xffffffff, 0xffffffff, 0xffffffff], SIX))).toContain('it ends after 6 bytes of elements');
  });
});

describe('.npy', () => {
  it.each([
    ['|u1', SIX, Uint8Array.from(SIX)],
    ['|b1', Uint8Array.of(0, 1, 1, 0, 0, 1), Uint8Array.of(0, 1, 1, 0, 0, 1)],
    ['|i1', SIX, Int8Array.of(0, 1, 2, 3, -2, -1)],
    ['<i2', bytesOf(Int16Array.of(1, -2, 300, 4, 5, 6)), Int16Array.of(1, -2, 300, 4, 5, 6)],
    ['<i8', bytesOf(BigInt64Array.of(1n, -2n, 3n, 4n, 5n, 6n)), Int32Array.of(1, -2, 3, 4, 5, 6)],
    ['<f4', bytesOf(Float32Array.of(0.5, -1, 3, 4, 5, 6)), Float32Array.of(0.5, -1, 3, 4, 5, 6)],
    ['>f4', bytesOf(Float32Array.of(0.5, -1, 3, 4, 5, 6), 4), Float32Array.of(0.5, -1, 3, 4, 5, 6)],
    ['<f8', bytesOf(Float64Array.of(0.1, -1, 3, 4, 5, 6)), Float64Array.of(0.1, -1, 3, 4, 5, 6)],
  ])('of %s', (descr, elements, expected) => {
    expect(readDataset(npyFile(descr, elements), 'x.npy')).toEqual({ shape: [2, 3], elements: expected });
  });

  it.each([1, 2, 3] as const)('of format version %i', (version) => {
    expect(readDataset(npyFile('|u1', SIX, { version }), 'x.npy').shape).toEqual([2, 3]);
  });

  it('of one dimension', () => {
    expect(readDataset(npyFile('|u1', SIX, { shape: '(6,)' }), 'x.npy').shape).toEqual([6]);
  });

  it('may be gzipped', () => {
    expect(readDataset(gzipSync(npyFile('|u1', SIX)), 'x.npy.gz').shape).toEqual([2, 3]);
  });

  it.each([
    ['objects', npyFile('|O', SIX), "its elements have type '|O'"],
    ['records', npyFile("[('a', '|u1'), ('b', '|u1')]", SIX), 'its elements are records'],
    ['complex numbers', npyFile('<c8', SIX), "its elements have type '<c8'"],
    ['texts', npyFile('<U1', SIX), "its elements have type '<U1'"],
    ['Fortran order', npyFile('|u1', SIX, { order: 'True' }), 'numpy.ascontiguousarray'],
    ['missing elements', npyFile('<f4', SIX), '24 bytes for shape [2, 3]'],
    ['integers beyond 32 bits', npyFile('<i8', bytesOf(BigInt64Array.of(1n << 33n)), { shape: '(1,)' }), 'it holds 8589934592'],
    ['half floats', npyFile('<f2', bytesOf(Int16Array.of(1, 2, 3, 4, 5, 6))), 'its elements have type float16'],
    ['a header cut off', npyFile('|u1', SIX).subarray(0, 30), 'it ends inside its header'],
    ['a beginning only', npyFile('|u1', SIX).subarray(0, 8), 'it ends inside its header'],
  ])('of %s is refused', (_what, bytes, message) => {
    expect(problemOf(bytes)).toContain(message);
  });
});

describe('.npz', () => {
  it('with one array is that array', () => {
    expect(readDataset(zipSync({ 'x.npy': npyFile('|u1', SIX) }), 'x.npz')).toEqual({ shape: [2, 3], elements: Uint8Array.from(SIX) });
  });

  it('with none or several is refused, and they are listed', () => {
    expect(problemOf(zipSync({ 'x.npy': npyFile('|u1', SIX), 'y.npy': npyFile('|u1', SIX) }))).toContain('it holds 2 arrays: x.npy, y.npy');
    expect(problemOf(zipSync({}))).toContain('it holds 0 arrays');
  });

  it('that is cut off is refused', () => {
    const whole = zipSync({ 'x.npy': npyFile('|u1', SIX) });
    expect(problemOf(whole.subarray(0, whole.length - 30))).toContain('the zip container is damaged');
  });
});

describe('other files', () => {
  it.each([
    ['an empty one', new Uint8Array(0)],
    ['text', Buffer.from('0,1,2\n')],
    ['a PNG image', Uint8Array.of(0x89, 0x50, 0x4e, 0x47)],
  ])('%s is refused, with the formats that work', (_what, bytes) => {
    const problem = problemOf(bytes);
    expect(problem).toContain('it is neither idx, .npy nor .npz');
    expect(problem).toContain('wanted  an idx file (MNIST), gzipped or not, a .npy array or a .npz with one array');
  });

  it('a damaged gzip stream is refused', () => {
    expect(problemOf(gzipSync(idx(8, [6], SIX)).subarray(0, 20))).toContain('the gzip stream is damaged');
  });
});

/** The beginning of an HDF5 file (HDF5 File Format Specification 3.0, II.A): widths, and where the root group is. */
import { ByteReader } from '../../support/byte-reader.ts';
import { fail } from '../../support/diagnostics.ts';
import { Hdf5Source, address, type Width } from './file.ts';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** A block of the user's own may stand before the superblock: 512 bytes, or a power of two more. */
const PLACES = [0, 512, 1024, 2048, 4096, 8192];

function place(bytes: Uint8Array): number | undefined {
  return PLACES.find((at) => SIGNATURE.every((byte, i) => bytes[at + i] === byte));
}

export function isHdf5(bytes: Uint8Array): boolean {
  return place(bytes) !== undefined;
}

function width(reader: ByteReader, what: string): Width {
  const value = reader.u8(what);
  return value === 2 || value === 4 || value === 8 ? value : reader.fail(`${what} is ${value}; 2, 4 and 8 bytes are possible`);
}

export interface Opened {
  readonly source: Hdf5Source;
  /** Address of the object header of the root group. */
  readonly root: number;
}

/** @throws UserError BNN1003 for what is no HDF5 file, BNN1010 for a version that does not exist */
export function openSuperblock(bytes: Uint8Array, file: string): Opened {
  const start = place(bytes);
  const where = { file, path: 'the superblock' };
  if (start === undefined) {
    return fail({
      code: 'BNN1003',
      message: `"${file}" does not begin as an HDF5 file does.`,
      origin: { ...where, position: { byte: 0 } },
    });
  }
  const reader = new ByteReader(bytes, where, { start: start + SIGNATURE.length });
  const version = reader.u8('the version of the superblock');
  if (version > 3) {
    return fail({
      code: 'BNN1010',
      message: `"${file}" has a superblock of version ${version}; versions 0 to 3 are read.`,
      origin: reader.origin(reader.offset - 1),
    });
  }
  if (version < 2) reader.skip(4, 'the versions of other parts');
  const addressWidth = width(reader, 'the width of addresses');
  const lengthWidth = width(reader, 'the width of lengths');
  if (version < 2) reader.skip(1 + 4 + 4 + (version === 1 ? 4 : 0), 'the sizes of group nodes');
  else reader.skip(1, 'the flags');
  const layout = { base: 0, addressWidth, lengthWidth };
  // The base address of a file behind a user block is 0 in some writers; what counts is where the superblock stands.
  address(reader, layout, 'the base address');
  const source = new Hdf5Source(bytes, file, { ...layout, base: start });
  address(reader, layout, version < 2 ? 'the address of free space' : 'the address of the extension');
  address(reader, layout, 'the end of the file');
  if (version < 2) {
    address(reader, layout, 'the address of the driver block');
    reader.skip(addressWidth, 'the name of the root group');
  }
  const root = address(reader, layout, 'the address of the root group');
  return root === undefined ? reader.fail('the superblock names no root group') : { source, root };
}

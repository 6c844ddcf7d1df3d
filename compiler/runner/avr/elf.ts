/** Reads what a linked program puts into memory. */

/** Bytes of a program and where a programmer (the device) writes them. */
export interface Segment {
  /** Load address: on AVR, below 0x800000 in flash. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Offsets in the header of a 32-bit little-endian ELF file, and in an entry of its program header table. */
const HEADER = { tableOffset: 28, entryBytes: 42, entries: 44 } as const;
const ENTRY = { type: 0, offset: 4, loadAddress: 12, fileBytes: 16 } as const;
const TYPE_LOAD = 1;

/** The segments of a 32-bit little-endian ELF file that hold bytes. */
export function loadedSegments(elf: Uint8Array): readonly Segment[] {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const table = view.getUint32(HEADER.tableOffset, true);
  const entryBytes = view.getUint16(HEADER.entryBytes, true);
  return Array.from({ length: view.getUint16(HEADER.entries, true) }, (_, i) => table + i * entryBytes)
    .filter((entry) => view.getUint32(entry + ENTRY.type, true) === TYPE_LOAD)
    .map((entry) => {
      const offset = view.getUint32(entry + ENTRY.offset, true);
      const length = view.getUint32(entry + ENTRY.fileBytes, true);
      return { address: view.getUint32(entry + ENTRY.loadAddress, true), bytes: elf.subarray(offset, offset + length) };
    })
    .filter(({ bytes }) => bytes.length > 0);
}

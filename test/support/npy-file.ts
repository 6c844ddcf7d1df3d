/** Writes arrays as numpy.save does, and headers that it does not write. */

export interface NpyOptions {
  readonly version?: number;
  readonly order?: 'True' | 'False';
  /** Text of the shape, as Python has tuples. */
  readonly shape?: string;
  /** The whole header, in the place of the dictionary. */
  readonly header?: string;
}

/** @param descr numpy's name of the type, or the list of a record's fields */
export function npyFile(descr: string, elements: Uint8Array, options: NpyOptions = {}): Uint8Array {
  const { version = 1, order = 'False', shape = '(2, 3)' } = options;
  const type = descr.startsWith('[') ? descr : `'${descr}'`;
  const { header = `{'descr': ${type}, 'fortran_order': ${order}, 'shape': ${shape}, }\n` } = options;
  const text = Buffer.from(header, 'latin1');
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return new Uint8Array(Buffer.concat([Uint8Array.of(0x93), Buffer.from('NUMPY'), Uint8Array.of(version, 0), length, text, elements]));
}

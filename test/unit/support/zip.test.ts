/** Zip containers: what is read, and what each field must not be. */
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../compiler/support/diagnostics.ts';
import { isZip, readMember, readZip, zipNames } from '../../../compiler/support/zip.ts';
import { problemsIn } from '../../support/problems.ts';
import { zipFile, type ZipEnd, type ZipEntry } from '../../support/zip-file.ts';

const place = { file: 'net.zip', path: 'zip directory' };
const text = (words: string): Uint8Array => new Uint8Array(Buffer.from(words));
const A: ZipEntry = { name: 'a', bytes: text('hello') };
const B: ZipEntry = { name: 'b', bytes: text('world, world, world'), deflated: true };
/** Of `zipFile`: 30 bytes of local header and the name; 46 of an entry in the directory and the name. */
const HEADER = 31;
const ENTRY = 47;

function contents(bytes: Uint8Array): Readonly<Record<string, string>> {
  const members = [...readZip(bytes, place).values()];
  return Object.fromEntries(members.map((member) => [member.name, Buffer.from(readMember(bytes, member, place).bytes).toString()]));
}

function problems(bytes: Uint8Array): readonly Diagnostic[] {
  return problemsIn(() => contents(bytes));
}

function damage(message: string, byte: number, help?: string): Diagnostic {
  const origin = { ...place, position: { byte } };
  return { code: 'BNN1003', severity: 'error', message, origin, ...(help === undefined ? {} : { help }) };
}

describe('members', () => {
  const both = { a: 'hello', b: 'world, world, world' };

  it.each<readonly [string, readonly ZipEntry[], ZipEnd]>([
    ['stored and deflated', [A, B], {}],
    [
      'with sizes and places of 64 bits',
      [
        { ...A, wide: true },
        { ...B, wide: true },
      ],
      {},
    ],
    ['of a directory that is found by 64 bits', [A, B], { wide: true }],
    ['before a comment that looks like the end of a directory', [A, B], { comment: 'PK\x05' }],
    ['without a checksum', [{ ...A, says: { checksum: 0 } }, B], {}],
  ])('%s are read', (_what, entries, end) => {
    expect(contents(zipFile(entries, end))).toEqual(both);
  });

  it('say where their bytes are in the file, unless they are compressed', () => {
    const bytes = zipFile([A, B]);
    expect([...readZip(bytes, place).values()].map((member) => readMember(bytes, member, place).byte)).toEqual([HEADER, null]);
  });

  it.each(['../../etc/passwd', '/etc/passwd', 'C:\\boot.ini', '__proto__', ''])('named "%s" are names like any other', (name) => {
    const bytes = zipFile([{ ...A, name }]);
    expect([...readZip(bytes, place).keys()]).toEqual([name]);
    expect(zipNames(bytes)).toEqual([name]);
  });

  it('may be none', () => {
    expect(isZip(zipFile([]))).toBe(true);
    expect(contents(zipFile([]))).toEqual({});
  });
});

describe('a directory', () => {
  const bytes = zipFile([A, B]);
  const end = bytes.length - 22;
  const start = end - 2 * ENTRY;

  it('that was cut off is asked for', () => {
    for (const length of [4, HEADER, start, end, bytes.length - 1]) {
      expect(problems(bytes.subarray(0, length))).toEqual([
        damage('the zip container has no directory at its end.', length, 'Is the file whole? Copy or download it again.'),
      ]);
    }
    expect(zipNames(bytes.subarray(0, end))).toEqual(['a']);
  });

  it.each<readonly [readonly ZipEntry[], ZipEnd, string, number]>([
    [[A, B], { says: { directory: 4096 } }, `the zip directory should be at byte 4096, and the file has ${bytes.length}.`, end + 20],
    [[A, B], { says: { directory: 1 } }, 'the zip directory is damaged.', 1],
    [[A, B], { says: { members: 3 } }, 'the zip directory is damaged.', end],
    [[A, B], { wide: true, says: { members: 70_000 } }, 'the zip container is said to have 70000 members.', end + 76],
    [[A, { ...B, name: 'a' }], {}, 'the zip container has two members "a".', start + ENTRY],
  ])('that is wrong is refused: %#', (entries, ends, message, byte) => {
    expect(problems(zipFile(entries, ends))).toEqual([damage(message, byte)]);
  });

  it('of 64 bits must be where the file says', () => {
    const wide = zipFile([A, B], { wide: true });
    const record = wide.length - 22 - 20 - 56;
    wide[record] = 0;
    expect(problems(wide)).toEqual([damage('there is no ZIP64 record where the locator points.', record + 4)]);
  });
});

describe('a member', () => {
  const one = (says: NonNullable<ZipEntry['says']>, deflated = false): Uint8Array => zipFile([{ ...A, deflated, says }]);
  const packed = zipFile([{ ...A, deflated: true }]).length - 22 - ENTRY - HEADER;
  const entry = HEADER + A.bytes.length;

  it.each<readonly [string, Uint8Array, number, string | undefined]>([
    ['"a" is encrypted.', one({ flags: 1 }), entry, 'Save the model without a password.'],
    ['"a" is compressed by method 12.', one({ method: 12 }), entry, 'Members may be stored or deflated.'],
    ['"a" is stored in 5 bytes and has 6.', one({ size: 6 }), entry, undefined],
    ['the checksum of "a" is wrong: its bytes have changed.', one({ checksum: 1 }), HEADER, 'Copy or download the file again.'],
    ['"a" is larger than the 4 bytes of the zip directory.', one({ size: 4 }, true), HEADER, undefined],
    ['"a" has 5 bytes, and the zip directory says 6.', one({ size: 6 }, true), HEADER, undefined],
    ['"a" cannot be decompressed.', one({ packed: packed - 3 }, true), HEADER, undefined],
    [
      'the zip container says that it holds more than 268435456 bytes of compressed data.',
      one({ size: 2 ** 28 + 1 }, true),
      HEADER + packed,
      undefined,
    ],
    ['the members of the zip container overlap: they have more bytes than the file.', one({ packed: 1000, size: 1000 }), entry, undefined],
  ])('%s', (message, bytes, byte, help) => {
    expect(problems(bytes)).toEqual([damage(message, byte, help)]);
  });

  it('that reaches beyond the file is cut', () => {
    const bytes = zipFile([{ ...A, says: { packed: 90, size: 90 } }]);
    expect(bytes.length).toBe(105);
    expect(problems(bytes)).toEqual([damage('the file ends inside "a": 90 bytes are needed, 74 follow.', HEADER)]);
  });

  it('must have a header where the directory points', () => {
    const bytes = zipFile([A]);
    bytes[0] = 0;
    expect(problems(bytes)).toEqual([damage('"a" has no header where the zip directory points.', 0)]);
  });

  it('cannot be the bytes of all others again: a file of a thousand times itself', () => {
    const large: ZipEntry = { name: '0', bytes: new Uint8Array(100_000) };
    const again = Array.from({ length: 999 }, (_, i): ZipEntry => ({
      name: `${i + 1}`,
      bytes: new Uint8Array(0),
      header: 0,
      says: { packed: 100_000, size: 100_000 },
    }));
    const bytes = zipFile([large, ...again]);
    expect(problems(bytes).map(({ message }) => message)).toEqual([
      'the members of the zip container overlap: they have more bytes than the file.',
    ]);
  });

  it('of a megabyte in a kilobyte is refused where the directory says less, and read where it says so', () => {
    const zeros: ZipEntry = { name: 'a', bytes: new Uint8Array(2 ** 20), deflated: true };
    expect(contents(zipFile([zeros]))['a']).toHaveLength(2 ** 20);
    expect(problems(zipFile([{ ...zeros, says: { size: 1000 } }]))).toEqual([
      damage('"a" is larger than the 1000 bytes of the zip directory.', HEADER),
    ]);
  });
});

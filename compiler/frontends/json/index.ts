/** The JSON frontend: the interchange format of bnnc, described in docs/json.md. */
import type { Frontend } from '../frontend.ts';
import { readJsonModel } from './read.ts';

export const json: Frontend = {
  name: 'json',
  endings: ['.json'],
  doc: 'JSON with "format": "bnnc": networks written by hand, by other programs, or by bnnc compile.',
  accepts: (bytes) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    return /^(?:\xef\xbb\xbf)?\s*\{/.test(text) && /"format"\s*:\s*"bnnc"/.test(text);
  },
  read: (bytes, side, options, diagnostics) => readJsonModel(bytes, side, options, diagnostics),
};

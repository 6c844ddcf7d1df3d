/** What a file that no frontend recognises seems to be, so that the message can say what to do with it. */

export interface ContentDescription {
  /** Completes "it is not a model that bnnc knows: …". */
  readonly what: string;
  readonly help: string;
}

const EXPORT =
  'If it should be of one of these formats, --from NAME says what is wrong in it. Any other model: export it to ONNX (torch.onnx.export, tf2onnx, or the QONNX export of Brevitas) and compile that file.';

const SIGNATURES: readonly { readonly start: readonly number[]; readonly at?: number; readonly what: string; readonly help?: string }[] = [
  {
    start: [0x50, 0x4b, 0x03, 0x04],
    what: 'it is a zip archive, but none that torch.save, numpy.savez of BinaryNet or Keras wrote',
    help: 'Give the file that torch.save, numpy.savez or model.save wrote, whole and not packed again; --from pytorch, lasagne or keras says what is missing in it.',
  },
  {
    start: [0x80],
    what: 'it looks like a Python pickle, but not like one of torch.save',
    help: 'Save the weights with torch.save(model.state_dict(), ...).',
  },
  { start: [0x89, 0x50, 0x4e, 0x47], what: 'it is a PNG image', help: 'Give the model file, not a picture.' },
  { start: [0x1f, 0x8b], what: 'it is compressed with gzip', help: 'Decompress it first (gunzip).' },
  {
    start: [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59],
    what: 'it is a numpy array',
    help: 'Arrays are data (--data); the model is a file of its own.',
  },
];

const LFS = 'version https://git-lfs.github.com/spec/';

/** What a file is that another one of the model needs, by its name. */
function partOfModel(file: string): ContentDescription | undefined {
  const checkpoint = /^(.+)\.data-\d{5}-of-\d{5}$/.exec(file)?.[1];
  if (checkpoint === undefined) return undefined;
  return {
    what: 'it holds the elements of a TensorFlow checkpoint, without their names',
    help: `Give "${checkpoint}.index": this file is read with it.`,
  };
}

/** Looks at the first bytes only. @param file its name, where that is known */
export function describeContent(bytes: Uint8Array, file = ''): ContentDescription {
  if (bytes.length === 0) return { what: 'it is empty', help: 'Download or export the model again.' };
  const text = String.fromCharCode(...bytes.subarray(0, 400));
  if (text.startsWith(LFS)) {
    const size = /\nsize (\d+)/.exec(text)?.[1];
    return {
      what: `it is a git-lfs pointer, which stands for the model${size === undefined ? '' : ` of ${size} bytes`} but does not contain it`,
      help: 'Run `git lfs install` and `git lfs pull` in its repository, or download the file itself.',
    };
  }
  const part = partOfModel(file);
  if (part !== undefined) return part;
  const known = SIGNATURES.find(({ start, at = 0 }) => start.every((byte, i) => bytes[at + i] === byte));
  if (known !== undefined) return { what: known.what, help: known.help ?? EXPORT };
  if (/^(?:\xef\xbb\xbf)?\s*\{\s*"/.test(text))
    return { what: 'it is JSON without "format": "bnnc"', help: `docs/json.md describes the format that bnnc reads. ${EXPORT}` };
  if (/^[\t\n\r\x20-\x7e]+$/.test(text)) return { what: 'it is text', help: EXPORT };
  return { what: 'its bytes do not have the form of any known format', help: EXPORT };
}

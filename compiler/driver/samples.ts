/** From data in the model's own order to stored elements in the order of the C input. */
import { DTYPES, channelCount, elementCount, perChannel, realValueOf } from '../ir/encoding.ts';
import type { TensorData, TensorType } from '../ir/types.ts';
import { fail } from '../support/diagnostics.ts';
import { toNumber } from '../support/rational.ts';
import type { Dataset } from './dataset.ts';

/** What the model input looks like in the file and on the chip. */
export interface InputOrder {
  readonly type: TensorType;
  /** Shape of one sample in the file's order. */
  readonly fileShape: readonly number[];
  /** For each element of the C input its index in the file's order; null where both agree. */
  readonly order: Int32Array | null;
}

export interface Samples {
  readonly count: number;
  /** Stored elements of one sample, in the order of the C input; a view, valid until the next call. */
  readonly at: (index: number) => TensorData;
}

/**
 * Integer data are stored elements (bits may be 0/1 or -1/+1); float data are real numbers and must be exactly what a
 * stored element is worth.
 * @throws UserError BNN4002 when the number of elements does not fit, or an element is out of range
 */
export function readSamples(dataset: Dataset, file: string, input: InputOrder): Samples {
  const { type, fileShape, order } = input;
  const length = elementCount(type.shape);
  const [count = 0, ...rest] = dataset.shape;
  const perSample = elementCount(rest);
  if (perSample !== length) {
    fail({
      code: 'BNN4002',
      message: `the samples in "${file}" do not have the size of the model input`,
      origin: { file, path: 'data file' },
      details: [
        `data   [${dataset.shape.join(', ')}]: ${perSample} elements a sample`,
        `model  [${fileShape.join(', ')}]: ${length} elements`,
      ],
      help: 'The first dimension counts samples; the others must be the model input in the order of the model file.',
    });
  }
  if (count === 0) {
    fail({
      code: 'BNN4002',
      message: `"${file}" holds no samples`,
      origin: { file, path: 'data file' },
      details: [`data  [${dataset.shape.join(', ')}]`],
      help: 'The first dimension counts samples.',
    });
  }
  const stored = storedElement(dataset, file, type);
  const sample = DTYPES[type.dtype].allocate(length);
  return {
    count,
    at: (index) => {
      for (let i = 0; i < length; i += 1) {
        sample[i] = stored(index * length + (order === null ? i : (order[i] as number)), i % channelCount(type.shape), index);
      }
      return sample;
    },
  };
}

type StoredElement = (at: number, channel: number, sample: number) => number;

function storedElement({ elements }: Dataset, file: string, type: TensorType): StoredElement {
  const { minimum, maximum } = DTYPES[type.dtype];
  const refuse = (value: number, sample: number): never =>
    fail({
      code: 'BNN4002',
      message: `sample ${sample} in "${file}" holds a value that the model input cannot`,
      origin: { file, path: 'data file' },
      details: [`value  ${value}`, `input  ${type.dtype}, ${minimum} to ${maximum} stored`],
      help: 'Integer data are taken as stored elements, float data as real numbers after scaling.',
    });
  if (elements instanceof Float32Array || elements instanceof Float64Array) {
    const { encoding } = type;
    const real = realValueOf(type);
    return (at, channel, sample) => {
      const value = elements[at] as number;
      if (encoding === undefined) return value;
      const guess = Math.round((value - toNumber(perChannel(encoding.offset, channel))) / toNumber(perChannel(encoding.scale, channel)));
      const fits =
        guess >= minimum && guess <= maximum && real(guess, channel) === Math.fround(value) && (type.dtype !== 'b1' || guess !== 0);
      return fits ? guess : refuse(value, sample);
    };
  }
  if (type.dtype === 'b1') {
    return (at, _channel, sample) => {
      const value = elements[at] as number;
      return value === 1 ? 1 : value === 0 || value === -1 ? -1 : refuse(value, sample);
    };
  }
  return (at, _channel, sample) => {
    const value = elements[at] as number;
    return value >= minimum && value <= maximum ? value : refuse(value, sample);
  };
}

/** One class number per sample. @throws UserError BNN4002 */
export function readLabels(dataset: Dataset, file: string, samples: number): readonly number[] {
  const [count = 0, ...rest] = dataset.shape;
  if (elementCount(rest) !== 1) {
    fail({
      code: 'BNN4002',
      message: `"${file}" does not hold one label per sample`,
      origin: { file, path: 'label file' },
      details: [`labels  [${dataset.shape.join(', ')}]`, 'wanted  one class number per sample'],
      help: 'Of one-hot labels save numpy.argmax(labels, axis=1).',
    });
  }
  if (count < samples) {
    fail({
      code: 'BNN4002',
      message: `"${file}" has fewer labels than there are samples`,
      origin: { file, path: 'label file' },
      details: [`labels   ${count}`, `samples  ${samples}`],
    });
  }
  return Array.from(dataset.elements.subarray(0, samples));
}

/** Bytes of one sample as the C program reads them: one byte an element, or little-endian words of bits. */
export function sampleBytes(type: TensorType, data: TensorData): Uint8Array {
  if (type.dtype !== 'b1') return new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer);
  const bytes = new Uint8Array(Math.ceil(data.length / 32) * 4);
  data.forEach((sign, i) => {
    if (sign === 1) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return bytes;
}

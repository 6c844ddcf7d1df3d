/** The input of a JSON model: type, worth of its elements, order of data files. */
import { PLAIN, elementCount, normalised } from '../../ir/encoding.ts';
import type { Encoding, TensorType } from '../../ir/types.ts';
import { ONE, ZERO, equals, toFloat32, type Rational } from '../../support/rational.ts';
import { MOST_ELEMENTS } from '../limits.ts';
import type { FieldReader } from './fields.ts';
import type { InputJson } from './schema.ts';

export interface JsonInput {
  readonly type: TensorType;
  /** As in `Imported`. */
  readonly order: Int32Array | null;
  readonly shape: readonly number[];
}

/** For each element of [height][width][channels], its index in [channels][height][width]; null for a vector. */
export function channelsFirstOrder([height, width, channels]: readonly number[]): Int32Array | null {
  if (height === undefined || width === undefined || channels === undefined) return null;
  const plane = height * width;
  return Int32Array.from({ length: plane * channels }, (_, i) => (i % channels) * plane + Math.floor(i / channels));
}

function readEncoding(json: InputJson, channels: number, fields: FieldReader): Encoding {
  const affine = json.scale !== undefined || json.offset !== undefined;
  const normal = json.mean !== undefined || json.std !== undefined;
  if (affine && normal) fields.problem([], { what: 'has scale or offset, and mean or std as well', wanted: 'one of the two pairs' });
  const nonZero = (key: 'scale' | 'std', list: readonly Rational[]): readonly Rational[] => {
    if (!list.some((value) => equals(value, ZERO))) return list;
    fields.problem([key], { what: 'is 0', seen: json[key], wanted: 'a number that is not 0' });
    return [ONE];
  };
  const encoding = normal
    ? normalised(fields.rationals(['mean'], json.mean, channels, ZERO), nonZero('std', fields.rationals(['std'], json.std, channels, ONE)))
    : {
        scale: nonZero('scale', fields.rationals(['scale'], json.scale, channels, ONE)),
        offset: fields.rationals(['offset'], json.offset, channels, ZERO),
      };
  if ([...encoding.scale, ...encoding.offset].some((value) => !Number.isFinite(toFloat32(value))))
    fields.problem([], { what: 'has a scale or an offset beyond float32' });
  return encoding;
}

function isPermutation(order: Int32Array): boolean {
  const seen = new Uint8Array(order.length);
  for (const at of order) seen[at] = 1;
  return !seen.includes(0);
}

function readOrder(json: InputJson, shape: readonly number[], fields: FieldReader): Pick<JsonInput, 'shape' | 'order'> {
  const { data } = json;
  const count = elementCount(shape);
  if (data === undefined) return { shape, order: null };
  if (elementCount(data.shape) !== count) {
    fields.problem(['data', 'shape'], { what: 'has not as many elements as the input', seen: data.shape, wanted: `${count} elements` });
    return { shape, order: null };
  }
  const { order = 'same' } = data;
  if (order === 'same') return { shape: data.shape, order: null };
  const found =
    order === 'channels-first' ? channelsFirstOrder(shape) : fields.integers(['data', 'order'], order, count, false, 0, count - 1);
  if (found === null) {
    fields.problem(['data', 'order'], { what: 'is for images', seen: order, wanted: 'a shape [height, width, channels]' });
    return { shape: data.shape, order: null };
  }
  if (found.length !== count || !isPermutation(found)) {
    fields.problem(['data', 'order'], {
      what: 'does not name every element once',
      wanted: `the numbers from 0 to ${count - 1}, each once`,
    });
    return { shape: data.shape, order: null };
  }
  return { shape: data.shape, order: found.every((at, i) => at === i) ? null : found };
}

function channelsLast([channels = 1, height = 1, width = 1]: readonly number[]): readonly number[] {
  return [height, width, channels];
}

export function readInput(written: InputJson, fields: FieldReader): JsonInput {
  const stated = typeof written.shape === 'number' ? [written.shape] : written.shape;
  const first = fields.layout === 'channels-first' && stated.length === 3;
  const shape = first ? channelsLast(stated) : stated;
  const json: InputJson =
    first && written.data === undefined ? { ...written, data: { shape: [...stated], order: 'channels-first' } } : written;
  if (elementCount(shape) > MOST_ELEMENTS) {
    fields.problem(['shape'], { what: 'is too large', seen: shape, wanted: `at most ${MOST_ELEMENTS} elements` });
    return { type: { dtype: 'f32', shape: [1] }, order: null, shape: [1] };
  }
  const channels = shape.at(-1) ?? 1;
  const described = (['scale', 'offset', 'mean', 'std'] as const).filter((key) => json[key] !== undefined);
  if (json.type === 'f32' && described.length > 0)
    fields.problem([], { what: `has ${described.join(' and ')} for a float input`, wanted: 'type u8, i8 or b1, or no scaling' });
  const encoding = described.length === 0 ? PLAIN : readEncoding(json, channels, fields);
  return { type: json.type === 'f32' ? { dtype: 'f32', shape } : { dtype: json.type, shape, encoding }, ...readOrder(json, shape, fields) };
}

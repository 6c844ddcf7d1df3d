/**
 * Protocol buffers of unknown origin. The bytes are walked along the description of their message first, so that damage is named by
 * its byte, and neither depth nor number of what would be made is the file's choice.
 */
import { fromBinary, type DescField, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { ByteReader, type Place } from '../../support/byte-reader.ts';

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** No message that bnnc reads holds one of its own kind. */
const DEEPEST = 16;
/** What a file may hold: numbers count 1, messages, which are objects in memory, more. Large tensors are bytes. */
const MOST_PARTS = 2 ** 23;
const MESSAGE = 8;

interface Walk {
  readonly bytes: Uint8Array;
  readonly place: Place;
  left: number;
}

const FIELDS = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>();

function fieldsOf(desc: DescMessage): ReadonlyMap<number, DescField> {
  const known = FIELDS.get(desc);
  if (known !== undefined) return known;
  const fields = new Map(desc.fields.map((field) => [field.number, field]));
  FIELDS.set(desc, fields);
  return fields;
}

/**
 * Decodes bytes [start, end) of a file.
 * @throws UserError BNN1003 where they are no such message
 */
export function decodeMessage<D extends DescMessage>(
  desc: D,
  bytes: Uint8Array,
  place: Place,
  start = 0,
  end = bytes.length,
): MessageShape<D> {
  walk({ bytes, place, left: MOST_PARTS }, desc, start, end, DEEPEST);
  try {
    return fromBinary(desc, bytes.subarray(start, end), { readUnknownFields: false });
  } catch (error) {
    // The library throws plain errors, for wire types that contradict the field among others.
    if (!(error instanceof Error)) throw error;
    const reader = new ByteReader(bytes, place, { start, end });
    return reader.fail(`its ${end - start} bytes contradict themselves (${error.message})`, undefined, start);
  }
}

function walk(state: Walk, desc: DescMessage, start: number, end: number, deepest: number): void {
  const { bytes, place } = state;
  const reader = new ByteReader(bytes, place, { start, end });
  if (deepest === 0) reader.fail('messages stand in messages too deeply', undefined, start);
  const fields = fieldsOf(desc);
  state.left -= MESSAGE;
  while (reader.remaining > 0) {
    const at = reader.offset;
    const tag = reader.varint('a field');
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    if (number === 0) reader.fail('a field has the number 0', undefined, at);
    const field = fields.get(number);
    state.left -= 1;
    if (wire === VARINT) reader.take(varintLength(reader, bytes), 'a number');
    else if (wire === FIXED64) reader.skip(8, 'a number');
    else if (wire === FIXED32) reader.skip(4, 'a number');
    else if (wire === LENGTH_DELIMITED) {
      const size = reader.varint('the size of a field');
      const from = reader.offset;
      reader.skip(size, field === undefined ? `field ${number}` : field.name);
      const inner = field?.fieldKind === 'message' ? field.message : field?.fieldKind === 'list' ? field.message : undefined;
      if (inner !== undefined) walk(state, inner, from, from + size, deepest - 1);
      else if (field?.fieldKind === 'list' && field.listKind === 'scalar' && field.packed) state.left -= size;
    } else reader.fail(`a field has the wire type ${wire}, which no writer of TensorFlow uses`, undefined, at);
    if (state.left < 0) reader.fail(`the message has more than ${MOST_PARTS} parts`, undefined, at);
  }
}

/** Bytes of the varint at the reader's place: also those of negative numbers, which have ten. */
function varintLength(reader: ByteReader, bytes: Uint8Array): number {
  for (let i = 0; i < 10; i += 1) if ((bytes[reader.offset + i] ?? 0) < 128) return i + 1;
  return reader.fail('a number does not end within ten bytes');
}

/** What kind of TensorFlow's files the bytes are. */
import { isTable } from './table.ts';

/**
 * `index`       of a checkpoint                     `graph`       GraphDef, such as a frozen graph (.pb)
 * `state`       the text file named checkpoint      `meta-graph`  MetaGraphDef (.meta)
 *                                                   `saved-model` SavedModel (saved_model.pb)
 */
export type Container = 'index' | 'state' | 'graph' | 'meta-graph' | 'saved-model';

const VARINT = 0;
const LENGTH_DELIMITED = 2;

interface Field {
  readonly number: number;
  readonly wire: number;
  /** Value of a varint, or the size of the bytes. */
  readonly value: number;
  /** The bytes of a length-delimited field; they may be cut off. */
  readonly start: number;
}

/** The first fields of a message, until something is no field. */
function* fieldsOf(bytes: Uint8Array, start: number, end: number): Generator<Field> {
  let at = start;
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < 10; i += 1) {
      const byte = at < end ? (bytes[at] ?? -1) : -1;
      if (byte < 0) return -1;
      at += 1;
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return value;
    }
    return -1;
  };
  while (at < end) {
    const tag = varint();
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    if (tag < 8 || (wire !== VARINT && wire !== LENGTH_DELIMITED)) return;
    const value = varint();
    if (value < 0) return;
    yield { number, wire, value, start: at };
    if (wire === LENGTH_DELIMITED) at += value;
  }
}

/** Fields to look at before one is found that decides. */
const FEW = 64;

function first(bytes: Uint8Array, start: number, end: number, number: number): Field | undefined {
  let seen = 0;
  for (const field of fieldsOf(bytes, start, Math.min(end, bytes.length))) {
    if (field.number === number) return field.wire === LENGTH_DELIMITED ? field : undefined;
    seen += 1;
    if (seen > FEW) return undefined;
  }
  return undefined;
}

const NAME = /^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$/;
const OPERATION = /^[A-Za-z_][A-Za-z0-9_>.]*$/;
const LONGEST_NAME = 4096;

function isText(bytes: Uint8Array, field: Field | undefined, form: RegExp): boolean {
  if (field === undefined || field.value > LONGEST_NAME) return false;
  return form.test(String.fromCharCode(...bytes.subarray(field.start, field.start + field.value)));
}

/** Does a GraphDef begin here: a node with a name and an operation? */
function isGraph(bytes: Uint8Array, start: number, end: number): boolean {
  const node = first(bytes, start, end, 1);
  if (node === undefined) return false;
  const [from, to] = [node.start, Math.min(end, node.start + node.value)];
  const [name, op] = [first(bytes, from, to, 1), first(bytes, from, to, 2)];
  return isText(bytes, name, NAME) && isText(bytes, op, OPERATION);
}

function isMetaGraph(bytes: Uint8Array, start: number, end: number): boolean {
  const graph = first(bytes, start, end, 2);
  return graph !== undefined && isGraph(bytes, graph.start, Math.min(end, graph.start + graph.value));
}

function isSavedModel(bytes: Uint8Array): boolean {
  const version = fieldsOf(bytes, 0, bytes.length).next();
  if (version.done === true || version.value.number !== 1 || version.value.wire !== VARINT) return false;
  const meta = first(bytes, version.value.start, bytes.length, 2);
  return meta !== undefined && isMetaGraph(bytes, meta.start, Math.min(bytes.length, meta.start + meta.value));
}

const STATE = /^\s*model_checkpoint_path: "/;

/** Looks at the last bytes and at the first fields. Undefined for other files. */
export function containerOf(bytes: Uint8Array): Container | undefined {
  if (isTable(bytes)) return 'index';
  if (STATE.test(String.fromCharCode(...bytes.subarray(0, 64)))) return 'state';
  if (isGraph(bytes, 0, bytes.length)) return 'graph';
  if (isMetaGraph(bytes, 0, bytes.length)) return 'meta-graph';
  return isSavedModel(bytes) ? 'saved-model' : undefined;
}

/** The checkpoint that the text file names, without folders. */
export function checkpointNamed(bytes: Uint8Array): string | undefined {
  const path = /^\s*model_checkpoint_path: "([^"\n]*)"/.exec(new TextDecoder().decode(bytes.subarray(0, 65_536)))?.[1];
  return path?.split(/[\\/]/).at(-1);
}

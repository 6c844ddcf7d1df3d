/** Recognises and decodes the container of an ONNX file: a protobuf message of type ModelProto. */
import { fromBinary } from '@bufbuild/protobuf';
import { fail } from '../../support/diagnostics.ts';
import { describeContent } from '../content.ts';
import { ModelProtoSchema, type ModelProto } from './onnx_pb.ts';

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Field number → wire type of ModelProto, newer fields (configuration = 26) included. */
const FIELDS: ReadonlyMap<number, number> = new Map([
  [1, VARINT],
  [2, LENGTH_DELIMITED],
  [3, LENGTH_DELIMITED],
  [4, LENGTH_DELIMITED],
  [5, VARINT],
  [6, LENGTH_DELIMITED],
  [7, LENGTH_DELIMITED],
  [8, LENGTH_DELIMITED],
  [14, LENGTH_DELIMITED],
  [20, LENGTH_DELIMITED],
  [25, LENGTH_DELIMITED],
  [26, LENGTH_DELIMITED],
]);
const IR_VERSION = 1;
const GRAPH = 7;
const LARGEST_IR_VERSION = 1000;

/** What the top level of the bytes looks like. `at` is the byte where reading stopped. */
export type WireScan =
  | { readonly kind: 'not-onnx'; readonly at: number }
  | { readonly kind: 'truncated'; readonly at: number; readonly missing: number }
  | { readonly kind: 'complete'; readonly hasGraph: boolean };

/** Walks the top-level fields without decoding them: what an ONNX file begins with is an ir_version. */
export function scanModel(bytes: Uint8Array): WireScan {
  let at = 0;
  let recognised = false;
  let hasGraph = false;
  while (at < bytes.length) {
    const start = at;
    const stop = (missing: number): WireScan => (recognised ? { kind: 'truncated', at: start, missing } : { kind: 'not-onnx', at: start });
    const tag = varint(bytes, at);
    if (tag === undefined) return stop(1);
    const field = Math.floor(tag.value / 8);
    const wire = tag.value % 8;
    if (FIELDS.get(field) !== wire) return { kind: 'not-onnx', at: start };
    const value = varint(bytes, tag.next);
    if (value === undefined) return stop(1);
    at = value.next;
    if (field === IR_VERSION) {
      if (value.value < 1 || value.value > LARGEST_IR_VERSION) return { kind: 'not-onnx', at: start };
      recognised = true;
    }
    if (wire === LENGTH_DELIMITED) {
      at += value.value;
      if (at > bytes.length) return stop(at - bytes.length);
      if (field === GRAPH) hasGraph = true;
    }
  }
  return recognised ? { kind: 'complete', hasGraph } : { kind: 'not-onnx', at };
}

function varint(bytes: Uint8Array, start: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10; i += 1) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, next: start + i + 1 };
  }
  return undefined;
}

/**
 * Decodes a model that has a graph.
 * @throws UserError BNN1002 when this is no ONNX file, BNN1003 when it is cut off or damaged
 */
export function decodeModel(bytes: Uint8Array, file: string): ModelProto {
  const scan = scanModel(bytes);
  if (scan.kind === 'not-onnx') {
    const seen = describeContent(bytes);
    return fail({
      code: 'BNN1002',
      message: `"${file}" is not an ONNX file: ${seen.what}.`,
      origin: { file, path: '', position: { byte: scan.at } },
      notes: ['An ONNX file is a protobuf message that begins with its ir_version.'],
      help: seen.help,
    });
  }
  if (scan.kind === 'truncated') {
    return damaged(file, bytes, `it ends after ${bytes.length} bytes, at least ${scan.missing} too early`, scan.at);
  }
  if (!scan.hasGraph) return damaged(file, bytes, `it ends after ${bytes.length} bytes, before its graph`, bytes.length);
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    // The library throws plain errors ("premature EOF", "invalid wire type", a stack overflow of nested graphs).
    if (!(error instanceof Error)) throw error;
    return damaged(file, bytes, `its ${bytes.length} bytes contradict themselves (${error.message})`, 0);
  }
}

function damaged(file: string, bytes: Uint8Array, how: string, at: number): never {
  fail({
    code: 'BNN1003',
    message: `"${file}" begins like an ONNX file, but ${how}.`,
    origin: { file, path: '', position: { byte: at } },
    details: [`size  ${bytes.length} bytes`],
    help: 'Compare its size with the original and download or export it again.',
  });
}

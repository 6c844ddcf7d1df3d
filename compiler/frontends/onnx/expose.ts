/** A model file that also gives tensors from its inside. */
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from './onnx_pb.ts';
import { decodeModel } from './wire.ts';

/**
 * Those of the tensors that nodes of the model make become outputs of it, in addition to its own; types are left to the reader of
 * the file. A message may come in parts: lists of a later part continue those of an earlier one, so that the file stays as it is.
 */
export function exposeTensors(
  bytes: Uint8Array,
  file: string,
  names: readonly string[],
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly names: readonly string[] } {
  const { graph } = decodeModel(bytes, file);
  const made = new Set(graph?.node.flatMap(({ output }) => output));
  const outputs = new Set(graph?.output.map(({ name }) => name));
  const exposed = names.filter((name) => made.has(name));
  const added = exposed.filter((name) => !outputs.has(name)).map((name) => ({ name }));
  const part = toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph: { output: added } }));
  const whole = new Uint8Array(bytes.length + part.length);
  whole.set(bytes);
  whole.set(part, bytes.length);
  return { bytes: whole, names: exposed };
}

/** The list of every frontend, and the choice of one by the content of the file. */
import { fail } from '../support/diagnostics.ts';
import { describeContent } from './content.ts';
import type { Frontend } from './frontend.ts';
import { ebnn } from './ebnn/index.ts';
import { json } from './json/index.ts';
import { keras } from './keras/index.ts';
import { lasagne } from './lasagne/index.ts';
import { mxnet } from './mxnet/index.ts';
import { onnx } from './onnx/index.ts';
import { pytorch } from './pytorch/index.ts';
import { tensorflow } from './tensorflow/index.ts';
import { tflite } from './tflite/index.ts';
import { torch7 } from './torch7/index.ts';

export const FRONTENDS: readonly Frontend[] = [json, tflite, mxnet, ebnn, pytorch, tensorflow, lasagne, keras, torch7, onnx];

/** `json (.json), mxnet (-symbol.json, .params), ...` */
const FORMAT_LIST = FRONTENDS.map(({ name, endings }) => `${name} (${endings.join(', ')})`).join(', ');

/**
 * The frontend named `from`, else the first that recognises the bytes; `file` is the name shown to the user.
 * @throws UserError BNN0001 for an unknown name, BNN1002 when no frontend recognises the content
 */
export function detectFrontend(bytes: Uint8Array, from?: string | null, file?: string): Frontend {
  if (from !== undefined && from !== null) {
    const named = FRONTENDS.find((frontend) => frontend.name === from);
    return (
      named ?? fail({ code: 'BNN0001', message: `--from ${from} is not a format that bnnc reads.`, details: [`formats  ${FORMAT_LIST}`] })
    );
  }
  const found = FRONTENDS.find((frontend) => frontend.accepts(bytes));
  if (found !== undefined) return found;
  const seen = describeContent(bytes, file);
  return fail({
    code: 'BNN1002',
    message: `${file === undefined ? 'the file' : `"${file}"`} is not a model that bnnc knows: ${seen.what}.`,
    ...(file === undefined ? {} : { origin: { file, path: `${bytes.length} bytes` } }),
    details: [`formats  ${FORMAT_LIST}`],
    help: seen.help,
  });
}

/** The operator set of the standard operators: of the file, or of a function in it. */
import { fail, type Origin } from '../../support/diagnostics.ts';
import type { OperatorSetIdProto } from './onnx_pb.ts';

const OLDEST_OPSET = 7;
const NEWEST_OPSET = 21;

/**
 * Undefined where the list does not name the standard operators.
 * @throws UserError BNN1010 for a version outside 7 to 21
 */
export function standardOpset(imports: readonly OperatorSetIdProto[], origin: Origin): number | undefined {
  const entry = imports.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  if (entry === undefined) return undefined;
  const version = Number(entry.version);
  if (version >= OLDEST_OPSET && version <= NEWEST_OPSET) return version;
  return fail({
    code: 'BNN1010',
    message: `the file uses operator set ${version}; bnnc reads ${OLDEST_OPSET} to ${NEWEST_OPSET}.`,
    origin,
    details: imports.map(({ domain, version: v }) => `${domain === '' ? 'ai.onnx' : domain}  ${v}`),
    help: 'Export with opset_version=17, or convert the file with onnx.version_converter.',
  });
}

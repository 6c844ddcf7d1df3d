/** The ONNX frontend: operator sets 7 to 21, and QONNX with 1-bit quantizers. */
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import type { Frontend, FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import { inlineFunctions } from './functions.ts';
import { importModelGraph } from './import-model.ts';
import { indexGraph } from './model-graph.ts';
import type { ModelProto } from './onnx_pb.ts';
import { standardOpset } from './opset.ts';
import { decodeModel, scanModel } from './wire.ts';

/** Version of the standard operators. Domains of quantizers need not be listed: exporters forget them. */
function readOpset(model: ModelProto, file: string): number {
  const origin = { file, path: 'opset_import' };
  return (
    standardOpset(model.opsetImport, origin) ??
    fail({
      code: 'BNN1010',
      message: 'the file does not say which operator set it uses.',
      origin,
      details: model.opsetImport.map(({ domain, version }) => `${domain}  ${version}`),
      help: 'Export again with opset_version=17, or add the entry with onnx.helper.make_opsetid.',
    })
  );
}

function read(bytes: Uint8Array, side: SideFiles, { file, output }: FrontendOptions, diagnostics: Diagnostics): Imported {
  const model = decodeModel(bytes, file);
  const opset = readOpset(model, file);
  if (model.graph === undefined) return fail({ code: 'BNN1003', message: `"${file}" has no graph.`, origin: { file, path: 'graph' } });
  const graph = indexGraph(model.graph, inlineFunctions(model, model.graph, file, opset), file, diagnostics);
  diagnostics.stopOnErrors();
  return importModelGraph(model.graph.name === '' ? 'model' : model.graph.name, graph, side, output, diagnostics);
}

export const onnx: Frontend = {
  name: 'onnx',
  endings: ['.onnx'],
  doc: 'ONNX, operator sets 7 to 21: float graphs with ±1 weights and signs, and QONNX with 1-bit quantizers.',
  accepts: (bytes) => scanModel(bytes).kind !== 'not-onnx',
  read,
};

/** The ONNX frontend: operator sets 7 to 21, and QONNX with 1-bit quantizers. */
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import type { Frontend, FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import { checkOperators } from './check-operators.ts';
import { inlineFunctions } from './functions.ts';
import { importGraph } from './import.ts';
import { chooseEnding, indexGraph, reach, type Ending, type ModelGraph, type Reached } from './model-graph.ts';
import type { ModelProto, ValueInfoProto } from './onnx_pb.ts';
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

/** The one input that the output depends on; others are ignored with a note. */
function chooseInput(graph: ModelGraph, reached: Reached, ending: Ending): ValueInfoProto {
  const used = graph.inputs.filter(({ name }) => reached.tensors.has(name));
  const [only] = used;
  if (only !== undefined && used.length === 1) return only;
  return fail({
    code: 'BNN1006',
    message:
      used.length === 0
        ? `the output "${ending.tensor}" depends on no input of the model.`
        : `the output "${ending.tensor}" depends on ${used.length} inputs; bnnc compiles networks with one.`,
    origin: { file: graph.file, path: 'graph.input' },
    details: (used.length === 0 ? graph.inputs : used).map(({ name }) => `input  "${name}"`),
    ...(used.length === 0 ? {} : { help: 'Cut the model with --output so that one input is left, or make the others initializers.' }),
  });
}

/** In the order of what the user needs to know first: version, ends, operators, then each node. */
function read(bytes: Uint8Array, side: SideFiles, { file, output }: FrontendOptions, diagnostics: Diagnostics): Imported {
  const model = decodeModel(bytes, file);
  const opset = readOpset(model, file);
  if (model.graph === undefined) return fail({ code: 'BNN1003', message: `"${file}" has no graph.`, origin: { file, path: 'graph' } });
  const graph = indexGraph(model.graph, inlineFunctions(model, model.graph, file, opset), file, diagnostics);
  diagnostics.stopOnErrors();

  const ending = chooseEnding(graph, output);
  const counts = ending.dropped.filter(({ op }) => op === 'TopK').map(({ inputs }) => inputs[1] ?? '');
  const reached = reach(graph, [ending.tensor, ...counts], diagnostics);
  diagnostics.stopOnErrors();
  const input = chooseInput(graph, reached, ending);

  checkOperators(graph, reached, diagnostics);
  diagnostics.stopOnErrors();

  const imported = importGraph(
    { name: model.graph.name === '' ? 'model' : model.graph.name, graph, input, ending, reached },
    side,
    diagnostics,
  );
  const unused = graph.inputs
    .filter((other) => other !== input)
    .map(({ name }) => `The input "${name}" is not used by the output and left out.`);
  return { ...imported, notes: [...imported.notes, ...unused] };
}

export const onnx: Frontend = {
  name: 'onnx',
  doc: 'ONNX, operator sets 7 to 21: float graphs with ±1 weights and signs, and QONNX with 1-bit quantizers.',
  accepts: (bytes) => scanModel(bytes).kind !== 'not-onnx',
  read,
};

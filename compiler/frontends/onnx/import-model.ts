/** From the nodes of a file to the graph: its ends, its operators, then each node. */
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import type { Imported, SideFiles } from '../frontend.ts';
import { checkOperators } from './check-operators.ts';
import { importGraph } from './import.ts';
import { chooseEnding, reach, type Ending, type ModelGraph, type Reached } from './model-graph.ts';
import type { ValueInfoProto } from './onnx_pb.ts';

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

/**
 * In the order of what the user needs to know first: ends, operators, then each node.
 * @param output tensor or node to compile up to; null for the model's only output
 */
export function importModelGraph(
  name: string,
  graph: ModelGraph,
  side: SideFiles,
  output: string | null,
  diagnostics: Diagnostics,
): Imported {
  const ending = chooseEnding(graph, output);
  const counts = ending.dropped.filter(({ op }) => op === 'TopK').map(({ inputs }) => inputs[1] ?? '');
  const reached = reach(graph, [ending.tensor, ...counts], diagnostics);
  diagnostics.stopOnErrors();
  const input = chooseInput(graph, reached, ending);

  checkOperators(graph, reached, diagnostics);
  diagnostics.stopOnErrors();

  const imported = importGraph({ name, graph, input, ending, reached }, side, diagnostics);
  const unused = graph.inputs
    .filter((other) => other !== input)
    .map(({ name }) => `The input "${name}" is not used by the output and left out.`);
  return { ...imported, notes: [...imported.notes, ...unused] };
}

/** From lowered graph to Plan: the walk decides, then memory is assigned and every step gets its addresses. */
import { typeOf } from '../ir/graph.ts';
import type { Graph } from '../ir/types.ts';
import type { Diagnostics } from '../support/diagnostics.ts';
import { Draft, type Address } from './draft.ts';
import { inputPlan, outputPlan } from './interface.ts';
import { arenaWords, assignOffsets, lowerBound } from './memory.ts';
import type { Plan, Slot } from './plan.ts';
import { Walk, type PlanOptions } from './walk.ts';

export type { PlanOptions };

/** @throws UserError when a layer has no kernel or no exact scores */
export function buildPlan(graph: Graph, options: PlanOptions, diagnostics: Diagnostics): Plan {
  const draft = new Draft(options.names.prefix);
  new Walk(graph, options, diagnostics, draft).run();
  diagnostics.stopOnErrors();
  const slots = assignOffsets(draft.requests);
  const inputType = typeOf(graph, graph.input);
  const input = inputPlan(inputType);
  const output = outputPlan(typeOf(graph, graph.output));
  const address = addressing(slots, INPUT[input.ctype]);
  const steps = draft.steps.map((step) => step(address)); // fills draft.symbols
  const predict = output.length >= 2;
  if (predict) draft.symbols.add(output.ctype === 'float' ? 'bnn1_argmax_f32' : 'bnn1_argmax_i32');
  return {
    names: options.names,
    provenance: options.provenance,
    target: options.target.name,
    input,
    output,
    layers: draft.rows,
    tables: draft.tables,
    tableBytes: draft.rows.reduce((sum, row) => sum + row.tableBytes, 0),
    slots,
    workspaceWords: Math.max(1, arenaWords(slots)),
    workspaceLowerBoundWords: lowerBound(draft.requests),
    steps,
    stored: draft.stored.map((value) => value(address)),
    symbols: [...draft.symbols],
    generated: [...draft.generated.values()],
    classes: options.classes,
    predict,
    notes: options.notes,
  };
}

/** The caller's input as the kernels read it. */
const INPUT: { readonly [C in Plan['input']['ctype']]: string } = {
  uint32_t: 'input',
  uint8_t: '(const unsigned char *)input',
  int8_t: '(const unsigned char *)input',
  float: '(const uint32_t *)(const void *)input',
};

function addressing(slots: readonly Slot[], input: string): Address {
  return ({ buffer, layout }) => {
    if (buffer === null) return input;
    const slot = slots.find((s) => s.name === buffer);
    if (slot === undefined) throw new Error(`no slot for ${buffer}`);
    const words = slot.offset === 0 ? 'ws->words' : `ws->words + ${slot.offset}`;
    return layout.kind === 'bytes' ? `(unsigned char *)(${words})` : words;
  };
}

/** Evaluator plans as text for a person, and as data. */
import type { EvaluatorPlan } from '../plan/evaluator.ts';
import { grouped, table } from './text.ts';

/** One line a layer, then input and output. */
export function evaluatorText({ layers, input, output }: EvaluatorPlan): string {
  return (
    `${table([['layer', 'op', 'input', 'output'], ...layers.map((row) => [row.name, row.op, row.input, row.output])])}\n` +
    `input      ${grouped(input.length)} elements as ${input.dtype}\n` +
    `output     ${grouped(output.length)} scores as ${output.dtype}\n`
  );
}

/** The same facts. Stable keys. */
export function evaluatorData({ name, provenance, layers, input, output, classes, notes }: EvaluatorPlan): object {
  return {
    name,
    model: { file: provenance.modelFile, sha256: provenance.sha256 },
    input: { type: input.dtype, length: input.length, shape: input.shape },
    output: { type: output.dtype, length: output.length, shape: output.shape },
    layers,
    classes,
    notes,
  };
}

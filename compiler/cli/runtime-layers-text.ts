/** Where onnxruntime and the reference part, for a person. */
import type { RuntimeLayers, RuntimeTensor } from '../driver/runtime-layers.ts';
import { table } from '../report/text.ts';
import type { Diagnostic } from '../support/diagnostics.ts';
import { positionText } from './layers-text.ts';

export function runtimeLayersText({ samples, tensors, tolerance }: RuntimeLayers): string {
  const rows = tensors.map((t) => [
    t.tensor,
    t.kind,
    String(t.equal),
    String(t.different),
    t.kind === 'signs' ? '' : t.largestDifference === 0 ? '0' : t.largestDifference.toExponential(1),
  ]);
  const head = ['tensor', 'as', 'equal', 'differ', 'largest difference'];
  return `\nonnxruntime, tensor by tensor up to the first difference of each of ${samples} samples; real numbers may differ by ${tolerance} of the largest one:\n\n${table([head, ...rows])}`;
}

/** One for each tensor that is the first to differ in a sample. */
export function runtimeLayerProblems({ samples, tensors }: RuntimeLayers): readonly Diagnostic[] {
  return tensors.filter(({ different }) => different > 0).map((tensor) => problemOf(tensor, samples));
}

function problemOf({ tensor, kind, origin, different, difference: d }: RuntimeTensor, samples: number): Diagnostic {
  const { before } = d ?? {};
  return {
    code: 'BNN4005',
    severity: 'error',
    message: `"${tensor}" is the first tensor that differs from onnxruntime's, in ${different} of ${samples} samples`,
    origin,
    details:
      d === null
        ? []
        : [
            `sample ${d.sample}, ${positionText(d)}: ${d.bnnc}, onnxruntime says ${d.onnxruntime}`,
            ...(before ? [`before it, "${before.tensor}" there: ${before.bnnc}, onnxruntime says ${before.onnxruntime}`] : []),
            `${d.differing} of its ${d.elements} elements differ in this sample`,
          ],
    notes: [
      kind === 'signs'
        ? 'All tensors before it agree: rounding turned the sign of a value that is almost the limit, or the file says something else about sign(0).'
        : 'All tensors before it agree: this layer computes something else than onnxruntime does, and rounding is not the reason.',
    ],
  };
}

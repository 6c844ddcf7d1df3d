/** What the ONNX frontend reads comes back from JSON as the same graph, whatever operators the file has. */
import { describe, expect, it } from 'vitest';
import { json } from '../../../compiler/frontends/json/index.ts';
import { writeModel } from '../../../compiler/frontends/json/write.ts';
import type { Graph } from '../../../compiler/ir/types.ts';
import { printGraph } from '../../../compiler/ir/print.ts';
import { BATCH_NORM_FORMS } from '../../../compiler/ir/ops/batch-norm.ts';
import { Diagnostics } from '../../../compiler/support/diagnostics.ts';
import { Draw } from '../../support/onnx-cases/case.ts';
import { CASES } from '../../support/onnx-cases/index.ts';
import { OnnxModel } from '../../support/onnx-model.ts';
import { document, read } from './read-json.ts';
import { NO_FILES, randomSource, readModel } from './read-model.ts';

const SOURCE = { file: 'net.onnx', sha256: '0'.repeat(64), options: {} };

function throughJson(graph: Graph, shape: readonly number[]): Graph {
  const imported = { classes: null, inputOrder: null, inputShape: shape, notes: [] };
  const text = writeModel({ graph, name: graph.name, source: SOURCE, imported });
  return json.read(new TextEncoder().encode(text), NO_FILES, { file: 'net.json', output: null }, new Diagnostics()).graph;
}

describe('written as JSON and read back, the same graph comes of', () => {
  it.each(Object.keys(CASES))('%s', (name) => {
    for (let seed = 0; seed < 10; seed += 1) {
      const draw = new Draw(randomSource(seed));
      const found = CASES[name];
      if (found === undefined) throw new Error(`no case ${name}`);
      const model = new OnnxModel(draw.int(...found.opsets));
      const { output } = found.build(model, draw, (value) => value);
      const { graph, inputShape } = readModel(model.bytes(output));
      if (graph.nodes.length === 0) continue; // a JSON model has at least one node
      expect(printGraph(throughJson(graph, inputShape))).toBe(printGraph(graph));
    }
  });

  const stored = { gamma: [1.5, -2], beta: [0, 1], mean: [-1, 2], inverseDeviation: [0.7, 3] };
  const variance = { gamma: [1.5, -2], beta: [0, 1], mean: [-1, 2], variance: [0.7, 3], epsilon: 0.001 };

  it.each(
    BATCH_NORM_FORMS.flatMap((form) => [
      { ...stored, form },
      { ...variance, form },
    ]).filter(({ form, ...rest }) =>
      form === 'normalize' ? 'variance' in rest : form === 'shift-based' ? 'inverseDeviation' in rest : true,
    ),
  )('batch normalization %j', (norm) => {
    const { graph } = read(document([{ op: 'batch-norm', ...norm }], { input: { type: 'f32', shape: [3, 2, 2] } }));
    expect(printGraph(throughJson(graph, [3, 2, 2]))).toBe(printGraph(graph));
  });
});

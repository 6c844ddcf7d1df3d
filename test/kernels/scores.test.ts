import { describe, expect, it } from 'vitest';
import { loadTarget } from '../../compiler/targets/load.ts';
import { requireTools } from '../run-support/tools.ts';
import { compileGraph } from '../support/compile-graph.ts';
import { SANITIZE } from '../support/kernel-program.ts';
import { runModels, type Model } from '../support/model-program.ts';
import { randomFrom } from '../support/random.ts';
import { chain, exactDense, type as tensor } from '../support/small-graph.ts';

const INPUTS = 33;
const OUTPUTS = 40;

/** A last layer with its own α and bias per output, of magnitudes 2^-12 to 2^12, some of them at a tie of float32. */
function scaledLayer(seed: number): Model {
  const random = randomFrom(seed);
  const magnitude = (): number => 2 ** random.integer(-12, 12);
  const scale = Float32Array.from({ length: OUTPUTS }, (_, o) => (o % 5 === 0 ? 1 + 2 ** -23 : (1 + random.unit()) * magnitude()));
  const bias = Float32Array.from({ length: OUTPUTS }, (_, o) => (o % 5 === 0 ? 2 ** 24 : (random.unit() - 0.5) * magnitude()));
  const graph = chain(tensor('b1', [INPUTS]), [
    exactDense({ kind: 'binary', outputs: OUTPUTS, signs: random.signs(OUTPUTS * INPUTS), scale }, bias),
  ]);
  return {
    compiled: compileGraph(graph, { type: 'b1', encoding: null, signZero: null }, { name: `scores_${seed}` }),
    inputs: Array.from({ length: 8 }, () => random.signs(INPUTS)),
  };
}

const MODELS = Array.from({ length: 20 }, (_, seed) => scaledLayer(seed + 1));

describe('scores α·acc + bias that no two float32 operations give', () => {
  it('take the 64-bit integer form in every one of these models', () => {
    expect(MODELS.map(({ compiled }) => compiled.plan.symbols.includes('bnn1_score_f32'))).toEqual(MODELS.map(() => true));
  });

  it('are rounded once on the host, under sanitizers', async (context) => {
    const host = loadTarget('host');
    requireTools(context, host);
    expect(await runModels(host, MODELS, { extraFlags: SANITIZE })).toEqual([]);
  });

  it.for(['cortex-m0', 'cortex-m4f'])('are rounded once on %s', async (name, context) => {
    const target = loadTarget(name);
    requireTools(context, target);
    expect(await runModels(target, MODELS)).toEqual([]);
  });
});

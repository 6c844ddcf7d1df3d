/** The networks of scripts/full-size-models.ts, a sixteenth as wide. */
import { describe, expect, it } from 'vitest';
import { interpretAll } from '../../../compiler/ir/interpret.ts';
import { FULL_SIZE_MODELS } from '../../../scripts/full-size-models.ts';
import { HOST, compiledModel, inputOf } from '../../support/full-size.ts';
import { runModels } from '../../support/model-program.ts';

const DIVISOR = 16;

describe.each(FULL_SIZE_MODELS.map((model) => [model.name, model] as const))('%s, narrow', (_name, model) => {
  const compiled = compiledModel(model, DIVISOR);
  const input = inputOf(compiled);

  it('is the same text every time', () => expect(model.json(DIVISOR)).toBe(model.json(DIVISOR)));

  it('computes in C what the interpreter computes', async () => {
    expect(await runModels(HOST, [{ compiled, inputs: [input] }])).toEqual([]);
  });

  it('has about as many ones as zeros between its layers', () => {
    const { reference } = compiled;
    const values = interpretAll(reference, input);
    const signs = reference.nodes.filter(({ kind }) => kind === 'sign').map(({ output }) => values.get(output)?.data ?? []);
    expect(signs.length).toBeGreaterThanOrEqual(3);
    for (const data of signs) {
      const ones = Array.from(data).filter((sign) => sign > 0).length / data.length;
      expect(ones).toBeGreaterThan(0.25);
      expect(ones).toBeLessThan(0.75);
    }
  });

  it('has falling channels in every batch normalization before a sign', () => {
    const norms = compiled.imported.graph.nodes.flatMap((node) => (node.kind === 'batch-norm' ? [node.attrs.gamma] : []));
    for (const gamma of norms) expect(gamma.filter((g) => g < 0).length).toBe(Math.floor(gamma.length / 2));
  });
});

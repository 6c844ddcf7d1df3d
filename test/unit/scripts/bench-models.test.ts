/** The networks of scripts/bench-models.ts: the same every time, and half ones between layers. */
import { describe, expect, it } from 'vitest';
import { lowerModel, type CompileOptions } from '../../../compiler/driver/compile.ts';
import { randomSamples } from '../../../compiler/driver/random-samples.ts';
import { typeOf } from '../../../compiler/ir/graph.ts';
import { interpretAll } from '../../../compiler/ir/interpret.ts';
import { loadTarget } from '../../../compiler/targets/load.ts';
import { BENCH_MODELS } from '../../../scripts/bench-models.ts';
import { ROWS, rowsWith, wordsOf } from '../../networks/rows.ts';
import { compileOptions } from '../../support/options.ts';

const OPTIONS: CompileOptions = compileOptions(loadTarget('host'), { goal: 'speed', strict: true });

describe.each(BENCH_MODELS.map((model) => [model.name, model] as const))('%s', (name, model) => {
  const text = model.json();
  const source = { bytes: new TextEncoder().encode(text), file: `${name}.json`, side: { list: () => [], read: () => undefined } };
  const { reference, lowered, imported } = lowerModel(source, OPTIONS);

  it('is the same text every time', () => expect(model.json()).toBe(text));

  it('gives integer scores', () => expect(typeOf(lowered, lowered.output)).toMatchObject({ dtype: 'i32', shape: [10] }));

  it('has falling channels in half of every batch normalization', () => {
    const norms = imported.graph.nodes.flatMap((node) => (node.kind === 'batch-norm' ? [node.attrs.gamma] : []));
    for (const gamma of norms) expect(gamma.filter((g) => g < 0).length).toBe(gamma.length / 2);
  });

  it('has 45 to 55 % ones between its layers, on the samples that are counted', () => {
    const samples = randomSamples(typeOf(reference, reference.input), 1);
    const values = interpretAll(reference, samples.at(0));
    const signs = reference.nodes.filter(({ kind }) => kind === 'sign').map(({ output }) => values.get(output)?.data ?? []);
    const layers = lowered.nodes.filter(({ kind }) => kind === 'conv2d' || kind === 'dense').length;
    expect(signs).toHaveLength(layers - 1);
    for (const data of signs) {
      const ones = Array.from(data).filter((sign) => sign > 0).length / data.length;
      expect(ones).toBeGreaterThan(0.45);
      expect(ones).toBeLessThan(0.55);
    }
  });
});

describe('the rows of the record', () => {
  it('are each named once', () => {
    const names = ROWS.map((row) => wordsOf(row).join(' '));
    expect(new Set(names).size).toBe(names.length);
  });

  it('are found by words in any order', () => {
    expect(rowsWith(['cortex-m0', 'mlp-1024']).map(wordsOf)).toEqual([['mlp-1024', 'cortex-m0', 'speed']]);
    expect(rowsWith(['size']).map(wordsOf)).toEqual([['binarynet-cifar10', 'cortex-m4', 'size']]);
    expect(rowsWith(['mlp'])).toEqual([]);
  });
});

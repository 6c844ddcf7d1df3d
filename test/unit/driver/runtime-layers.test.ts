/** Tensors from the inside of an ONNX file, against onnxruntime. A fault is planted by comparing with another file. */
import { describe, expect, it } from 'vitest';
import { runtimeLayerProblems, runtimeLayersText } from '../../../compiler/cli/runtime-layers-text.ts';
import { lowerModel, type CompileOptions, type ModelSource } from '../../../compiler/driver/compile.ts';
import { compareRuntimeLayers, type RuntimeLayers } from '../../../compiler/driver/runtime-layers.ts';
import type { Samples } from '../../../compiler/driver/samples.ts';
import { exposeTensors } from '../../../compiler/frontends/onnx/expose.ts';
import { decodeModel } from '../../../compiler/frontends/onnx/wire.ts';
import { loadTarget } from '../../../compiler/targets/load.ts';
import { OnnxModel } from '../../support/onnx-model.ts';
import { randomFrom } from '../../support/random.ts';
import { compileOptions } from '../../support/options.ts';

/** Two 1×1 convolutions with a sign between them, channels first as in every ONNX file; the pixels of 2 channels are bytes. */
function network(first: readonly number[], threshold: number): Uint8Array {
  const model = new OnnxModel();
  const x = model.input('x', [1, 2, 3, 3]);
  const sums = model.node('Conv', [x, model.floats([3, 2, 1, 1], first)], {}, { outputs: ['sums'] });
  const moved = model.node('Sub', [sums, model.floats([1], [threshold])], {}, { outputs: ['moved'] });
  const bits = model.node('GreaterOrEqual', [moved, model.floats([1], [0])], {}, { outputs: ['bits'] });
  const signs = model.node('Where', [bits, model.floats([1], [1]), model.floats([1], [-1])], {}, { outputs: ['signs'] });
  return model.bytes(model.node('Conv', [signs, model.floats([2, 3, 1, 1], [1, -1, 1, -1, -1, 1])], {}, { outputs: ['scores'] }));
}

const WEIGHTS = [1, -1, -1, 1, 1, 1];
const OPTIONS: CompileOptions = compileOptions(loadTarget('host'), { input: 'u8', inputScale: '1/4' });

function sourceOf(bytes: Uint8Array): ModelSource {
  return { bytes, file: 'net.onnx', side: { list: () => [], read: () => undefined } };
}

/** Reads one file and lets onnxruntime run another. */
async function compared(read: Uint8Array, run: Uint8Array): Promise<RuntimeLayers> {
  const random = randomFrom(3);
  const images = Array.from({ length: 6 }, () => Uint8Array.from({ length: 18 }, () => random.integer(0, 255)));
  images[0]?.set([11, 10]); // the first sum of channel 0 is 1/4
  const samples: Samples = { count: 6, at: (index) => images[index] ?? new Uint8Array(18) };
  return compareRuntimeLayers(lowerModel(sourceOf(read), OPTIONS), sourceOf(run), 'net.onnx', samples, 6, () => undefined);
}

describe('every tensor of the file is compared with onnxruntime', { timeout: 60_000 }, () => {
  it('and agrees, channels first or last', async () => {
    const layers = await compared(network(WEIGHTS, 0.1), network(WEIGHTS, 0.1));
    expect(layers.tensors.map(({ tensor, kind, equal, different }) => [tensor, kind, equal, different])).toEqual([
      ['sums', 'reals', 6, 0],
      ['moved', 'reals', 6, 0],
      ['signs', 'signs', 6, 0],
      ['scores', 'integers', 6, 0],
    ]);
    expect(runtimeLayerProblems(layers)).toEqual([]);
    expect(runtimeLayersText(layers)).toContain('signs   signs');
  });

  it('and a weight that is read wrongly is named by tensor, channel and position', async () => {
    const layers = await compared(network(WEIGHTS, 0.1), network([1, -1, -1, -1, 1, 1], 0.1));
    const [sums, ...later] = layers.tensors;
    expect(sums).toMatchObject({
      tensor: 'sums',
      different: 6,
      difference: { sample: 0, channel: 1, y: 0, x: 0, differing: 9, elements: 27 },
    });
    expect(later.every(({ equal, different }) => equal === 0 && different === 0)).toBe(true);
    const [problem] = runtimeLayerProblems(layers);
    expect(problem?.message).toBe('"sums" is the first tensor that differs from onnxruntime\'s, in 6 of 6 samples');
    expect(problem?.notes?.[0]).toContain('rounding is not the reason');
  });

  it('and a sign that turns although all before agrees is shown with the value before it', async () => {
    const layers = await compared(network(WEIGHTS, 0.25), network(WEIGHTS, 0.2500001));
    const turned = layers.tensors.find(({ different }) => different > 0);
    expect(turned).toMatchObject({
      tensor: 'signs',
      difference: { sample: 0, channel: 0, y: 0, x: 0, bnnc: 1, onnxruntime: -1, before: { tensor: 'moved', bnnc: 0 } },
    });
    expect(turned?.difference?.before?.onnxruntime).toBeCloseTo(-1e-7, 7);
    expect(runtimeLayerProblems(layers)[0]?.notes?.[0]).toContain('rounding turned the sign');
  });
});

describe('tensors are exposed', () => {
  it('once each, if a node of the file makes them, and nothing else of the file changes', () => {
    const bytes = network(WEIGHTS, 0.1);
    const exposed = exposeTensors(bytes, 'net.onnx', ['sums', 'scores', 'x', 'no such']);
    expect(exposed.names).toEqual(['sums', 'scores']);
    expect([...exposed.bytes.subarray(0, bytes.length)]).toEqual([...bytes]);
    const [before, after] = [decodeModel(bytes, 'net.onnx').graph, decodeModel(exposed.bytes, 'net.onnx').graph];
    expect(after?.output.map(({ name }) => name)).toEqual(['scores', 'sums']);
    expect(after?.node.length).toBe(before?.node.length);
  });
});

/** The mismatch finder: all stored values are equal on sound programs, and planted faults are named by layer, channel and position. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../compiler/cli/index.ts';
import { layerProblems } from '../../compiler/cli/layers-text.ts';
import { lowerModel, planModel, type Lowered } from '../../compiler/driver/compile.ts';
import { readDataset } from '../../compiler/driver/dataset.ts';
import { verifyLayers, type HeaderChange, type LayersReport } from '../../compiler/driver/layers.ts';
import { readSamples, type Samples } from '../../compiler/driver/samples.ts';
import { typeOf } from '../../compiler/ir/graph.ts';
import { interpretAll } from '../../compiler/ir/interpret.ts';
import type { ValueId } from '../../compiler/ir/types.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import { requireTools } from '../run-support/tools.ts';
import { OWN, SYSTEMS, VECTORS, optionsFor, sourceOf, type TrainedModel } from './models.ts';

const folder = mkdtempSync(join(tmpdir(), 'bnnc-layers-'));
afterAll(() => rmSync(folder, { recursive: true }));

function named(name: string): TrainedModel {
  const model = [...OWN, ...SYSTEMS].find((m) => m.name === name);
  if (model === undefined) throw new Error(`no fixture ${name}`);
  return model;
}

function samplesOf({ reference, imported }: Lowered): Samples {
  const order = { type: typeOf(reference, reference.input), fileShape: imported.inputShape, order: imported.inputOrder };
  return readSamples(readDataset(readFileSync(VECTORS.images), basename(VECTORS.images)), basename(VECTORS.images), order);
}

async function layersOf(model: TrainedModel, names: readonly string[], count: number, change?: HeaderChange): Promise<LayersReport> {
  const targets = names.map((name) => loadTarget(name));
  const lowered = lowerModel(sourceOf(model), optionsFor(model, loadTarget('host')));
  const planned = targets.map((target) => ({ target, compiled: planModel(sourceOf(model), lowered, optionsFor(model, target)) }));
  return verifyLayers(lowered, planned, samplesOf(lowered), count, () => undefined, change);
}

/** Changes entry `index` of the table whose name ends so. */
function plant(table: string, index: number, change: (text: string) => string): HeaderChange {
  return (header) => {
    const start = header.indexOf(' = {', header.search(new RegExp(`\\w*${table}\\[\\d+\\] BNN1_ROM`)));
    const end = header.indexOf('};', start);
    let at = -1;
    const body = header
      .slice(start, end)
      .replace(/-?\b(?:UINT32_C\()?0x[\dA-Fa-f]+\)?|-?\b\d+\b/g, (text) => ((at += 1) === index ? change(text) : text));
    if (at < index) throw new Error(`table ${table} has no entry ${index}`);
    return header.slice(0, start) + body + header.slice(end);
  };
}

describe.each(['host', 'cortex-m3'])('a fault planted in the header, on %s', (target) => {
  it('is named: a threshold that every sum reaches, by its layer, channel and the first position that did not fire', async (context) => {
    requireTools(context, loadTarget(target));
    const model = named('digits-cnn');
    const report = await layersOf(
      model,
      [target],
      3,
      plant('block2_conv_conv_thresholds', 5, () => '-32768'),
    );
    const [result] = report.targets;
    const found = result?.layers.find(({ different }) => different > 0);
    expect(found).toMatchObject({ layer: '/block2/pool/MaxPool', difference: { channel: 5, actual: 1, expected: -1, elements: 49 * 64 } });
    expect(result?.layers.map(({ equal }) => equal)).toEqual([
      3,
      3 - (found?.different ?? 0),
      3 - (found?.different ?? 0),
      3 - (found?.different ?? 0),
    ]);
    const lowered = lowerModel(sourceOf(model), optionsFor(model, loadTarget('host')));
    const { sample = 0, y, x, differing } = found?.difference ?? {};
    const expected = interpretAll(lowered.lowered, samplesOf(lowered).at(sample)).get('/block2/pool/MaxPool' as ValueId);
    const silent = Array.from({ length: 49 }, (_, pixel) => pixel).filter((pixel) => expected?.data[pixel * 64 + 5] === -1);
    expect([y, x]).toEqual([Math.floor((silent[0] ?? -1) / 7), (silent[0] ?? -1) % 7]);
    expect(differing).toBe(silent.length);
    const [problem] = layerProblems(report);
    expect(problem?.message).toContain('"/block2/pool/MaxPool" is the first layer that differs from the interpreter');
    expect(problem?.details?.join('\n')).toContain('equal before it: "/block1/pool/MaxPool"');
    expect(report.lowering.difference).toBeNull();
  });

  it('is named: inverted weights of a dense layer, by the channel whose row they are in', async (context) => {
    requireTools(context, loadTarget(target));
    const invert = (text: string): string => text.replace(/0x[\dA-Fa-f]+/, (word) => `0x${((Number(word) ^ -1) >>> 0).toString(16)}`);
    const change: HeaderChange = (header) =>
      [50, 51, 52, 53].reduce((text, word) => plant('fc2_mat_mul_weights', word, invert)(text), header);
    const report = await layersOf(named('digits-mlp'), [target], 8, change);
    const found = report.targets[0]?.layers.find(({ different }) => different > 0);
    expect(found?.layer).toBe('/fc2/MatMul');
    // 128 inputs are four words a row: word 50 to 51 are of row 12, 52 and 53 of row 13.
    expect([12, 13]).toContain(found?.difference?.channel);
    expect(found?.difference?.differing).toBeLessThanOrEqual(2);
  });
});

describe('all values that sound programs store are equal', () => {
  it.each(['ebnn-conv-pool', 'xnor-lenet-small', 'lbcnn', 'bmxnet-lenet'])('in %s, real-valued layers included', async (name) => {
    const report = await layersOf(named(name), ['host'], 4);
    expect(layerProblems(report)).toEqual([]);
    expect(report.failures).toEqual([]);
    expect(report.targets[0]?.layers.every(({ equal, different }) => equal === 4 && different === 0)).toBe(true);
    expect(report.lowering.compared).toBeGreaterThan(5);
  });

  it('on AVR, where the emulator is a library and an int has 16 bits', async (context) => {
    requireTools(context, loadTarget('avr'));
    const report = await layersOf(named('ebnn-conv-pool'), ['avr'], 2);
    expect(report.failures).toEqual([]);
    expect(report.targets[0]?.layers.map(({ equal }) => equal)).toEqual([2, 2, 2, 2]);
  });

  const models = process.env['BNNC_MODELS_DIR'] ?? '';
  const lenet = join(models, 'xnor-lenet/xnor-lenet.onnx');
  it.skipIf(!existsSync(lenet))('in a deployed XNOR-LeNet, whose first layer and last layers are real', async () => {
    const words = { input: 'u8', mean: '0.1307', std: '0.3081' } as const;
    const report = await layersOf({ name: 'xnor-lenet', file: lenet, words, golden: '', standard: true }, ['host'], 2);
    expect(layerProblems(report)).toEqual([]);
    expect(report.targets[0]?.layers.every(({ equal }) => equal === 2)).toBe(true);
  });
});

describe('bnnc verify --layers', () => {
  it('says so in words, in JSON and for CI', async (context) => {
    for (const target of ['host', 'cortex-m3']) requireTools(context, loadTarget(target));
    let [stdout, stderr] = ['', ''];
    const io = { stdout: (t: string) => void (stdout += t), stderr: (t: string) => void (stderr += t), isTerminal: false, cwd: folder };
    const { file } = named('digits-mlp');
    const words = [
      '--data',
      VECTORS.images,
      '--limit',
      '6',
      '--target',
      'host',
      '--target',
      'cortex-m3',
      '--json',
      'r.json',
      '--junit',
      'r.xml',
    ];
    expect(await run(['verify', file, '--layers', ...words], io)).toBe(0);
    expect(stdout).toContain('host: each of the 3 values that the program stores is equal in 6 samples');
    expect(stdout).toContain('cortex-m3: each of the 3 values that the program stores is equal in 6 samples');
    expect(stdout).toContain('6 of the 10 values of the reference are still there, all equal');
    expect(readFileSync(join(folder, 'r.xml'), 'utf8')).toContain('name="passes, layers"/>');
    const json: unknown = JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8'));
    expect(json).toMatchObject({
      layers: {
        lowering: { compared: 6, values: 10, difference: null },
        targets: [
          {
            target: 'host',
            samples: 6,
            layers: [{ layer: '/fc1/MatMul', type: 'b1[128]', equal: 6, different: 0, difference: null }, {}, {}],
          },
          {},
        ],
      },
    });
    expect(stderr).not.toContain('error');
  });
});

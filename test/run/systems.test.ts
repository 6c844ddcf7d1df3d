/**
 * One network for each published system: the images in its folder are predicted as by onnxruntime, with its scores, and the host and an
 * emulated Cortex-M4 give every bit of the interpreter.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTarget } from '../../compiler/targets/load.ts';
import { requireTools } from '../run-support/tools.ts';
import {
  SYSTEMS,
  missingFiles,
  predictionsOfOnnxRuntime,
  runOn,
  subjectOf,
  type Images,
  type Subject,
  type TrainedModel,
} from './models.ts';

/** Images in each folder. */
const COUNT = 100;
/** Real layers in software floating point take an emulator a third of a second an image. */
const FEWER: Readonly<Record<string, number>> = { 'cortex-m4': 20 };
/** Decimals: scores are real numbers around 1, added in another order. */
const CLOSE = 4;

function imagesOf({ file }: TrainedModel): Images {
  const folder = dirname(file);
  return { images: join(folder, 'vectors-images.idx3-ubyte.gz'), labels: join(folder, 'vectors-labels.idx1-ubyte.gz') };
}

const subjects = new Map<string, Promise<Subject>>();

function subject(model: TrainedModel, count: number = COUNT): Promise<Subject> {
  const key = `${model.name} ${count}`;
  const known = subjects.get(key) ?? subjectOf(model, imagesOf(model), count);
  subjects.set(key, known);
  return known;
}

describe.each(SYSTEMS.map((model) => [model.name, model] as const))('%s', (_name, model) => {
  it('has all its files', () => {
    expect(missingFiles([model], imagesOf(model))).toEqual([]);
  });

  it('predicts what onnxruntime predicts, with its scores', async () => {
    const { reference } = await subject(model);
    expect(reference.predictions.join('')).toBe(predictionsOfOnnxRuntime(model).slice(0, COUNT));
    const { scores } = JSON.parse(readFileSync(model.golden, 'utf8')) as { readonly scores: readonly (readonly number[])[] };
    scores.flat().forEach((score, i) => expect(reference.outputs[i]).toBeCloseTo(score, CLOSE));
  });

  describe.each(['host', 'cortex-m4'])('on %s', (name) => {
    it('gives the bits of the interpreter', async (context) => {
      const target = loadTarget(name);
      requireTools(context, target);
      const count = FEWER[name] ?? COUNT;
      expect(await runOn(await subject(model, count), target)).toMatchObject({ samples: count, equal: count, mismatches: [] });
    });
  });
});

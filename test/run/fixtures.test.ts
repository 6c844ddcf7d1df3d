/**
 * Trained models on every target that runs: every output of 256 MNIST images (on AVR of 8) bit for bit as the interpreter's, predictions as
 * onnxruntime's, sizes as recorded.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../compiler/support/hash.ts';
import { listTargets, loadTarget } from '../../compiler/targets/load.ts';
import { canRun } from '../../compiler/targets/target.ts';
import { requireTools } from '../run-support/tools.ts';
import {
  MNIST,
  OTHERS,
  OWN,
  VECTORS,
  compileFor,
  headerFor,
  missingFiles,
  predictionsOfOnnxRuntime,
  runOn,
  subjectOf,
  type Subject,
  type TrainedModel,
} from './models.ts';
import { MNIST_RECORD } from './mnist-record.ts';
import { compilerOf } from './record.ts';

const COUNT = 256;
/** An image takes digits-cnn some seconds on an emulated AVR. */
const FEWER: Readonly<Record<string, number>> = { avr: 8 };
const TARGETS = listTargets().filter((name) => canRun(loadTarget(name)));
/** Flash, workspace and stack of digits-cnn together: it must fit into the smallest parts with a Cortex-M. */
const MOST_BYTES_OF_CNN = 15_360;

const subjects = new Map<string, Promise<Subject>>();

/** Interpreted once for all targets that run the same images. */
function subject(model: TrainedModel, count: number = COUNT): Promise<Subject> {
  const key = `${model.name} ${count}`;
  const known = subjects.get(key) ?? subjectOf(model, VECTORS, count);
  subjects.set(key, known);
  return known;
}

const ALL = [...OWN, ...OTHERS];

describe('the files of trained models', () => {
  it('are all there where a folder is named', () => {
    expect(missingFiles(ALL, MNIST ?? VECTORS)).toEqual([]);
  });
});

describe.each(ALL.map((model) => [model.name, model] as const))('%s', (name, model) => {
  it('predicts what onnxruntime predicts', async () => {
    const { reference } = await subject(model);
    expect(reference.predictions.join('')).toBe(predictionsOfOnnxRuntime(model).slice(0, COUNT));
  });

  describe.each(TARGETS)('for %s', (targetName) => {
    const target = loadTarget(targetName);
    const count = FEWER[targetName] ?? COUNT;

    it('gives the bits of the interpreter, in the recorded sizes', async (context) => {
      requireTools(context, target);
      const { plan } = compileFor(model, target);
      const result = await runOn(await subject(model, count), target);
      expect(result).toMatchObject({ samples: count, equal: count, mismatches: [] });
      expect(result).toMatchObject({ workspaceBytes: plan.workspaceWords * 4, tableBytes: plan.tableBytes });
      if (target.name !== 'host') expect(result.stack).toBeGreaterThan(0);
      if (name === 'digits-cnn' && (target.name === 'cortex-m3' || target.name === 'cortex-m4')) {
        expect(result.flash + result.workspaceBytes + (result.stack ?? Infinity)).toBeLessThanOrEqual(MOST_BYTES_OF_CNN);
      }
      const { compilers, entries } = MNIST_RECORD.read();
      const recorded = entries.find((e) => e.model === name && e.target === target.name && e.sha256 === sha256(readFileSync(model.file)));
      if (recorded === undefined || compilers[target.name] !== (await compilerOf(target))) return; // another compiler, other sizes
      const { flash, tableBytes: tables, workspaceBytes: workspace, stack } = result;
      expect(MNIST_RECORD.changes(recorded, { flash, tables, workspace, stack })).toEqual([]);
    });

    it('says in its macros what was planned', () => {
      const { plan } = compileFor(model, target);
      const header = headerFor(model, target);
      const macro = (suffix: string): number => Number(new RegExp(`#define ${plan.names.macro}_${suffix} (\\d+)`).exec(header)?.[1]);
      expect(macro('INPUT_LEN')).toBe(plan.input.length);
      expect(macro('OUTPUT_LEN')).toBe(plan.output.length);
      expect(macro('WORKSPACE_BYTES')).toBe(plan.workspaceWords * 4);
      expect(macro('TABLE_BYTES')).toBe(plan.tableBytes);
    });
  });

  it('compiles to the same bytes again', () => {
    const target = loadTarget('cortex-m4');
    expect(headerFor(model, target)).toBe(headerFor(model, target));
  });
});

describe('the record', () => {
  it('is of the fixtures as they are', () => {
    const hashes = new Map(OWN.map(({ name, file }) => [name, sha256(readFileSync(file))]));
    const old = MNIST_RECORD.read().entries.filter(({ model, sha256: recorded }) => hashes.has(model) && hashes.get(model) !== recorded);
    expect(old.map(({ model, target }) => `${model} on ${target}: run UPDATE_BENCH=1 npm run test:full`)).toEqual([]);
  });
});

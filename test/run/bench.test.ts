/** `bnnc bench` where instructions are counted: the same every time, and every layer has its share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../compiler/cli/index.ts';
import { benchModel } from '../../compiler/driver/bench.ts';
import { canCount } from '../../compiler/runner/emulator.ts';
import { listTargets, loadTarget } from '../../compiler/targets/load.ts';
import { requireTools } from '../run-support/tools.ts';
import { OWN, VECTORS, optionsFor, sourceOf } from './models.ts';

const folder = mkdtempSync(join(tmpdir(), 'bnnc-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NO_PROGRESS = (): void => undefined;

describe.each(OWN.map((model) => [model.name, model] as const))('%s', (_name, model) => {
  it.for(listTargets().filter((name) => canCount(loadTarget(name))))(
    'on %s: every layer is counted, and again the same',
    async (name, context) => {
      const target = loadTarget(name);
      requireTools(context, target);
      const request = { targets: [target], data: null, index: null, limit: 2, optimization: '-O2' } as const;
      const bench = () => benchModel(sourceOf(model), (each) => optionsFor(model, each), request, NO_PROGRESS);
      const outcome = await bench();
      expect(await bench()).toEqual(outcome);
      const { report, problems } = outcome;
      expect(problems).toEqual([]);
      const counts = report.targets[0]?.counts;
      if (counts === null || counts === undefined) throw new Error('not counted');
      const { instructions, parts, classes, markedInstructions } = counts;
      expect(parts.map((part) => part.instructions.least).every((least) => least > 0)).toBe(true);
      expect(parts.reduce((sum, part) => sum + part.instructions.sum, 0)).toBe(markedInstructions);
      expect(Object.values(classes).reduce((a, b) => a + b)).toBe(instructions.sum);
      expect(instructions.least + instructions.most).toBe(instructions.sum);
      expect(Math.abs(markedInstructions - instructions.sum)).toBeLessThan(instructions.sum / 10);
    },
  );
});

it('on the command line: counts, cycles by model, a file to compare with', async (context) => {
  requireTools(context, loadTarget('cortex-m3'));
  const [model] = OWN.filter(({ name }) => name === 'digits-mlp');
  const words = ['bench', model?.file ?? '', '--target', 'cortex-m3', '--data', VECTORS.images, '--limit', '2', '--optimization', '-O3'];
  let stdout = '';
  const io = { stdout: (text: string) => void (stdout += text), stderr: () => undefined, isTerminal: false, cwd: folder };
  expect(await run([...words, '--json=old.json'], io)).toBe(0);
  expect(stdout).toMatch(/^cycles +[\d,.]+ to [\d,.]+ by a model of Cortex-M3 without wait states; not measured$/m);
  expect(await run([...words, '--compare', 'old.json'], io)).toBe(0);
  expect(stdout).toContain('\nnothing changed\n');
});

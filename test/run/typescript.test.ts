/** Trained models as TypeScript modules: on every image the bits of the interpreter, and of the C program on this computer. */
import { describe, expect, it } from 'vitest';
import { headerOf, moduleOf, planEvaluator } from '../../compiler/driver/compile.ts';
import { emitHarness, headerFile } from '../../compiler/emit/programs.ts';
import { runProgram } from '../../compiler/runner/emulator.ts';
import { buildProgram, disposeProgram } from '../../compiler/runner/toolchain.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import { requireTools } from '../run-support/tools.ts';
import { bitsOf, load } from '../support/typescript-module.ts';
import { OTHERS, OWN, VECTORS, compileFor, optionsFor, sourceOf, subjectOf } from './models.ts';

const COUNT = 300;
const host = loadTarget('host');

describe.each([...OWN, ...OTHERS].map((model) => [model.name, model] as const))('%s', (_name, model) => {
  it(`gives the bits of the interpreter and of the C program on ${COUNT} images`, async (context) => {
    requireTools(context, host);
    const compiled = compileFor(model, host);
    const module = await load(await moduleOf(planEvaluator(sourceOf(model), compiled, optionsFor(model, host))));
    const { reference, samples, input } = await subjectOf(model, VECTORS, COUNT);
    const files = {
      [headerFile(compiled.plan)]: headerOf(compiled, { linkage: 'static', runtime: 'inline' }),
      'main.c': emitHarness(compiled.plan),
    };
    const program = await buildProgram({ target: host, files });
    try {
      const { output } = await runProgram(program, { input, timeoutSeconds: 120 });
      const { perSample } = reference;
      const wrong = Array.from({ length: COUNT }, (_, sample) => sample).filter((sample) => {
        const image = Uint8Array.from(samples.at(sample));
        const actual = module.run(image);
        const expected = bitsOf(reference.outputs.subarray(sample * perSample, (sample + 1) * perSample));
        const fromC = Buffer.from(output.subarray(sample * perSample * 4, (sample + 1) * perSample * 4)).toString('hex');
        return bitsOf(actual) !== expected || fromC !== expected || module.predict?.(image) !== reference.predictions[sample];
      });
      expect(wrong).toEqual([]);
    } finally {
      await disposeProgram(program);
    }
  });
});

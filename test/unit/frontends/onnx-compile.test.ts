/** What the frontend reads, the rest of the compiler takes: every operator, to the header. */
import { describe, expect, it } from 'vitest';
import { compileModel } from '../../../compiler/driver/compile.ts';
import { UserError } from '../../../compiler/support/diagnostics.ts';
import { loadTarget } from '../../../compiler/targets/load.ts';
import { Draw } from '../../support/onnx-cases/case.ts';
import { CASES } from '../../support/onnx-cases/index.ts';
import { OnnxModel } from '../../support/onnx-model.ts';
import { compileOptions } from '../../support/options.ts';
import { NO_FILES, randomSource } from './read-model.ts';

const OPTIONS = compileOptions(loadTarget('host'), { signZero: 'plus' });

describe('a network of one operator is planned for C, or ends with bits where scores are needed', () => {
  it.each(Object.keys(CASES))('%s', (name) => {
    for (let seed = 100; seed < 104; seed += 1) {
      const found = CASES[name];
      if (found === undefined) throw new Error(`no case ${name}`);
      const draw = new Draw(randomSource(seed));
      const model = new OnnxModel(draw.int(...found.opsets));
      const { output } = found.build(model, draw, (value) => value);
      try {
        const { plan } = compileModel({ bytes: model.bytes(output), file: 'x.onnx', side: NO_FILES }, OPTIONS);
        expect(plan.names.prefix).toBe('x');
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        expect(error.diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
          expect.stringMatching(/^BNN2007 .*bits are no scores/),
        ]);
      }
    }
  });
});

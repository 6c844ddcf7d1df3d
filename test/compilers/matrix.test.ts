/** Headers compile without a warning and compute the same with every compiler, language and optimization that users have. */
import { describe, expect, it } from 'vitest';
import { runtimeFolder } from '../../compiler/emit/runtime.ts';
import { ELEMENT_KERNELS } from '../../compiler/kernels/elements/index.ts';
import { KERNELS } from '../../compiler/kernels/index.ts';
import type { Language, Optimization } from '../../compiler/runner/toolchain.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import type { Target } from '../../compiler/targets/target.ts';
import { requireTools, STRICT_WARNINGS } from '../run-support/tools.ts';
import { coveringModels, featuresOf } from '../support/covering-models.ts';
import { runModels } from '../support/model-program.ts';

const host = loadTarget('host');
const models = coveringModels();
const COMPILERS = ['gcc', 'clang'] as const;
const LANGUAGES: readonly Language[] = ['c99', 'c11', 'gnu11', 'c17', 'c++11', 'gnu++17', 'c++20'];
const OPTIMIZATIONS: readonly Optimization[] = ['-O0', '-O2', '-Os'];

/** The host with another compiler, so that a missing one is named. */
export function hostWith(compiler: string): Target {
  const packages = compiler === 'clang' ? { ...host.toolchain.packages, apt: 'clang' } : host.toolchain.packages;
  return { ...host, toolchain: { ...host.toolchain, compiler, packages } };
}

describe('the models of this test', () => {
  it('need every kernel, float and integer scores, and bytes and bits as input', () => {
    const features = new Set(models.flatMap(({ compiled }) => featuresOf(compiled.plan)));
    const wanted = [
      ...KERNELS.filter(({ needs }) => needs === undefined).map(({ name }) => name),
      ...ELEMENT_KERNELS.map(({ name }) => name),
      'float',
      'int32_t',
      'uint8_t',
      'int8_t',
      'uint32_t',
      'overlapping strip',
      'strip',
      'bnn1_score_f32',
    ];
    expect(wanted.filter((feature) => !features.has(feature))).toEqual([]);
    expect(models.length).toBeGreaterThanOrEqual(2);
  });
});

describe.each(COMPILERS)('%s, all models in one program, each header included twice', (compiler) => {
  it.for(LANGUAGES)('-std=%s at -O0, -O2 and -Os', async (language, context) => {
    const target = hostWith(compiler);
    requireTools(context, target);
    for (const optimization of OPTIMIZATIONS) {
      expect(await runModels(target, models, { language, optimization, extraFlags: STRICT_WARNINGS })).toEqual([]);
    }
  });

  it.for(['c99', 'c++11'] as const)(
    '-std=%s with extern linkage: users in one file, implementations in another',
    async (language, context) => {
      const target = hostWith(compiler);
      requireTools(context, target);
      const options = { linkage: 'extern', runtime: 'inline' } as const;
      expect(await runModels(target, models, { language, extraFlags: STRICT_WARNINGS }, options)).toEqual([]);
    },
  );

  it.for(['c99', 'c++17'] as const)('-std=%s with bnn.h from the include path, static and extern', async (language, context) => {
    const target = hostWith(compiler);
    requireTools(context, target);
    for (const linkage of ['static', 'extern'] as const) {
      const build = { language, extraFlags: STRICT_WARNINGS, includeDirectories: [runtimeFolder()] };
      expect(await runModels(target, models, build, { linkage, runtime: 'external' })).toEqual([]);
    }
  });
});

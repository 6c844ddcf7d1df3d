/** What a header refuses, it refuses with a sentence. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emitHeader } from '../../compiler/emit/c.ts';
import { runtimeFolder } from '../../compiler/emit/runtime.ts';
import { buildProgram, disposeProgram, type BuildRequest } from '../../compiler/runner/toolchain.ts';
import { UserError } from '../../compiler/support/diagnostics.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import { requireTools } from '../run-support/tools.ts';
import { compileGraph, type CompiledGraph } from '../support/compile-graph.ts';
import { buildNetwork } from '../support/random-graph.ts';
import { SIMPLE } from '../support/recipe.ts';

const host = loadTarget('host');
const USER = '#include "net.h"\nint main(void) { return 0; }\n';

function network(norm: 'none' | 'normalize'): CompiledGraph {
  const { graph, meaning } = buildNetwork({ ...SIMPLE, final: { ...SIMPLE.final, norm } });
  return compileGraph(graph, meaning);
}

/** What the compiler printed, or 'compiled'. */
async function compilerSays(request: Omit<BuildRequest, 'target'>): Promise<string> {
  try {
    await disposeProgram(await buildProgram({ target: host, ...request }));
    return 'compiled';
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.diagnostics.flatMap(({ details }) => details ?? []).join('\n');
  }
}

describe('a header', () => {
  it('with an external runtime stops at a bnn.h of another ABI', async (context) => {
    requireTools(context, host);
    const header = emitHeader(network('none').plan, { linkage: 'static', runtime: 'external' });
    const bnn = readFileSync(join(runtimeFolder(), 'bnn.h'), 'utf8');
    const stale = bnn.replace('#define BNN_RUNTIME_ABI 1', '#define BNN_RUNTIME_ABI 999');
    expect(stale).not.toBe(bnn);
    const includeDirectories = [runtimeFolder()];
    expect(await compilerSays({ files: { 'net.h': header, 'main.c': USER }, includeDirectories })).toBe('compiled');
    expect(await compilerSays({ files: { 'net.h': header, 'bnn.h': stale, 'main.c': USER }, includeDirectories })).toContain(
      'net.h needs bnn.h with runtime ABI 1: run bnnc again, or ship the matching bnn.h',
    );
  });

  it.for(['gcc', 'clang'] as const)(
    'with float scores stops %s -ffast-math, one with integer scores does not',
    async (compiler, context) => {
      requireTools(context, { ...host, toolchain: { ...host.toolchain, compiler } });
      const options = { linkage: 'static', runtime: 'inline' } as const;
      const build = (norm: 'none' | 'normalize'): Promise<string> =>
        compilerSays({
          files: { 'net.h': emitHeader(network(norm).plan, options), 'main.c': USER },
          extraFlags: ['-ffast-math'],
          compiler,
        });
      expect(await build('normalize')).toContain('compile without -ffast-math');
      expect(await build('none')).toBe('compiled');
    },
  );
});

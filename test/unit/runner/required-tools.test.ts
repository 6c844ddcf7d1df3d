import { afterEach, expect, it, vi } from 'vitest';
import type { TestContext } from 'vitest';
import { loadTarget } from '../../../compiler/targets/load.ts';
import { requireTools } from '../../run-support/tools.ts';

const host = loadTarget('host');
const broken = { ...host, toolchain: { ...host.toolchain, compiler: 'no-such-gcc' } };

/** Records why the test was skipped; null if it was not. */
function recordSkip(): { readonly context: TestContext; readonly reason: () => string | null } {
  let reason: string | null = null;
  const skip = (note?: string): void => {
    reason = note ?? '';
  };
  return { context: { skip } as unknown as TestContext, reason: () => reason };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

it('a test whose tools are there runs', () => {
  const { context, reason } = recordSkip();
  requireTools(context, host);
  expect(reason()).toBeNull();
});

it('a test without its compiler is skipped, with the package to install as the reason', () => {
  vi.stubEnv('CI', '');
  const { context, reason } = recordSkip();
  requireTools(context, broken);
  expect(reason()).toContain('no-such-gcc is missing. Install it with: apt install gcc');
});

it('a test without its compiler fails in CI', () => {
  vi.stubEnv('CI', 'true');
  expect(() => requireTools(recordSkip().context, broken)).toThrow('no-such-gcc is missing');
});

import { defineConfig } from 'vitest/config';

/** Projects by what they need: `quick` nothing but the host compiler; the others cross-compilers, emulators or time. */
export default defineConfig({
  test: {
    maxWorkers: 2, // the default leaves one of two cores idle
    projects: [
      { test: { name: 'quick', include: ['test/*.test.ts', 'test/unit/**/*.test.ts', 'test/golden/*.test.ts'], testTimeout: 60_000 } },
      { test: { name: 'kernels', include: ['test/kernels/**/*.test.ts'], testTimeout: 300_000 } },
      { test: { name: 'compilers', include: ['test/compilers/**/*.test.ts'], testTimeout: 300_000 } },
      { test: { name: 'package', include: ['test/package/*.test.ts'], testTimeout: 300_000, hookTimeout: 600_000 } },
      { test: { name: 'fuzz', include: ['test/fuzz/*.test.ts'], testTimeout: 600_000 } },
      { test: { name: 'run', include: ['test/run/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 600_000 } },
      { test: { name: 'full', include: ['test/full/**/*.test.ts'], testTimeout: 3_600_000, hookTimeout: 3_600_000 } },
    ],
  },
});

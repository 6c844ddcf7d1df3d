/** Every kernel computes what `evaluate` of its op says, bit for bit, at sizes around the ends of words. */
import { describe, expect, it } from 'vitest';
import { KERNELS } from '../../compiler/kernels/index.ts';
import { planesOf, type Kernel, type Layout } from '../../compiler/kernels/kernel.ts';
import { loadTarget } from '../../compiler/targets/load.ts';
import { requireTools, STRICT_WARNINGS } from '../run-support/tools.ts';
import { candidateOf, kernelCase } from '../support/kernel-cases.ts';
import { runKernelCases, SANITIZE, type KernelCase } from '../support/kernel-program.ts';
import { conversionCases } from './conversion-cases.ts';
import { bitConvolutions } from './conv-shapes.ts';
import type { Shape } from './shape.ts';
import { ALL_SHAPES, denseLayer, denseLayers } from './shapes.ts';

const host = loadTarget('host');
const flags = { optimization: '-O1', extraFlags: [...SANITIZE, ...STRICT_WARNINGS] } as const;

/** Straight-line code for each shape takes long to compile with sanitizers: of so many shapes some are left out. */
const MOST_GENERATED = 16;

/** Every shape that the kernel takes; of one that prints code for each shape some of them, others for each kernel. */
function casesOf(kernel: Kernel, shapes: readonly Shape[], offered?: Layout): readonly KernelCase[] {
  const taken = shapes.flatMap(({ title, layer }, i) => {
    const candidate = candidateOf(kernel, layer, host, offered);
    return 'reason' in candidate ? [] : [() => kernelCase(title, candidate, layer, i)];
  });
  const step = kernel.form === 'generated' ? Math.ceil(taken.length / MOST_GENERATED) : 1;
  return taken.filter((_, i) => i % step === KERNELS.indexOf(kernel) % step).map((make) => make());
}

/** Kernels for other processors run in test/kernels/targets.test.ts. */
const ON_HOST = KERNELS.filter(({ needs }) => needs === undefined || host.features.includes(needs));

describe('on the host, with address and undefined-behaviour sanitizers', () => {
  it.for(ON_HOST.map((kernel) => [kernel.name, kernel] as const))('%s equals the definition of its op', async ([, kernel], context) => {
    requireTools(context, host);
    const cases = casesOf(kernel, ALL_SHAPES);
    expect(cases.length).toBeGreaterThanOrEqual(7);
    expect(await runKernelCases(host, cases, flags)).toEqual([]);
  });

  it('dense kernels read rows that are made of padded runs, as a flattened map has them', async (context) => {
    requireTools(context, host);
    const shapes = denseLayers('b1', 9).filter(({ layer }) => (layer.input.shape[0] ?? 0) % 3 === 0 || layer.input.shape[0] === 65);
    const cases = ON_HOST.filter((kernel) => kernel.name.startsWith('dense-b1')).flatMap((kernel) =>
      [3, 13, 31, 33].flatMap((run) =>
        casesOf(
          kernel,
          shapes.filter(({ layer }) => (layer.input.shape[0] ?? 0) % run === 0),
          { kind: 'bit-runs', run },
        ),
      ),
    );
    expect(cases.length).toBeGreaterThan(3);
    expect(await runKernelCases(host, cases, flags)).toEqual([]);
  });

  it('dense kernels read the planes of a flattened map', async (context) => {
    requireTools(context, host);
    const maps = [
      [4, 4, 10],
      [5, 4, 8],
      [7, 7, 16],
      [14, 14, 4],
      [28, 28, 1],
      [4, 4, 128],
      [3, 8, 21],
      [6, 33, 1],
      [5, 40, 45],
    ] as const;
    const cases = ON_HOST.filter((kernel) => kernel.name.startsWith('dense-b1')).flatMap((kernel) =>
      maps.flatMap((map, i) =>
        casesOf(kernel, [denseLayer('b1', map[0] * map[1] * map[2], 31 + i, 40 + i)], planesOf(map)).map((c) => ({
          ...c,
          title: `${c.title} as ${map.join('x')}`,
        })),
      ),
    );
    expect(cases.length).toBeGreaterThan(20);
    expect(await runKernelCases(host, cases, flags)).toEqual([]);
  });

  it('the channel-packed and the bit-plane convolution take the same layers and both equal the definition', async (context) => {
    requireTools(context, host);
    const [packed, planes] = ['conv2d-b1-b1', 'conv2d-planes-b1'].map((name) => KERNELS.find((kernel) => kernel.name === name));
    if (packed === undefined || planes === undefined) throw new Error('a convolution kernel was renamed');
    const both = bitConvolutions(77).filter(
      ({ layer }) => !('reason' in candidateOf(packed, layer, host)) && !('reason' in candidateOf(planes, layer, host)),
    );
    expect(both.length).toBeGreaterThan(20);
    expect(await runKernelCases(host, [...casesOf(packed, both), ...casesOf(planes, both)], flags)).toEqual([]);
  });

  it('a single wrong bit is found and named', async (context) => {
    requireTools(context, host);
    const [pool] = casesOf(KERNELS.find((kernel) => kernel.name === 'max-pool-b1') as Kernel, ALL_SHAPES);
    if (pool === undefined) throw new Error('no pool to try');
    const samples = pool.samples.map((s, i) => (i === 2 ? { ...s, output: s.output.map((byte, at) => (at === 0 ? byte ^ 1 : byte)) } : s));
    const differences = await runKernelCases(host, [{ ...pool, samples }], flags);
    expect(differences.map(({ title, sample }) => ({ title, sample }))).toEqual([{ title: pool.title, sample: 2 }]);
  });

  it('layout conversions move every bit to its place and leave unused bits 0', async (context) => {
    requireTools(context, host);
    const cases = conversionCases();
    expect(cases.length).toBeGreaterThan(50);
    expect(await runKernelCases(host, cases, flags)).toEqual([]);
  });
});

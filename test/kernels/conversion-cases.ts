/** Every change of layout, as cases of a kernel program. */
import { conversion, type Conversion } from '../../compiler/kernels/conversions.ts';
import { planesOf, type Lanes, type Layout } from '../../compiler/kernels/kernel.ts';
import { randomElements, tensorType } from '../support/kernel-cases.ts';
import type { KernelCase } from '../support/kernel-program.ts';
import { storedBytes } from '../support/layouts.ts';
import { randomFrom } from '../support/random.ts';
import { CHANNELS, WIDTHS } from './shape.ts';

const LANES: readonly Lanes[] = [8, 16, 32];

function layoutText(layout: Layout): string {
  return layout.kind === 'bit-runs'
    ? `runs of ${layout.run}`
    : layout.kind === 'bit-planes'
      ? `planes with ${layout.lanes} lanes`
      : layout.kind;
}

/** The change between any two layouts of a map. */
export function conversionCases(): readonly KernelCase[] {
  const cases = CHANNELS.flatMap((channels) => WIDTHS.flatMap((width) => casesOf([3, width, channels])));
  return [...new Map(cases.map((c) => [c.title, c])).values()];
}

function casesOf(shape: readonly [number, number, number]): readonly KernelCase[] {
  const [height, width, channels] = shape;
  const layouts: readonly Layout[] = [
    { kind: 'bit-runs', run: channels },
    { kind: 'bit-runs', run: channels * width },
    { kind: 'bit-runs', run: channels * width * height },
    ...LANES.filter((lanes) => lanes === 32 || width <= lanes).map((lanes) => planesOf(shape, lanes)),
  ];
  return layouts.flatMap((from) =>
    layouts.flatMap((to) => {
      const change = conversion(from, to, shape);
      return change === null ? [] : [conversionCase(from, to, change, shape)];
    }),
  );
}

function conversionCase(from: Layout, to: Layout, change: Conversion, shape: readonly number[]): KernelCase {
  const random = randomFrom(shape.reduce((sum, size) => sum * 31 + size, 7));
  return {
    title: `${change.symbol}: ${layoutText(from)} to ${layoutText(to)}, ${shape.join('x')}`,
    inputs: [{ layout: from, shape }],
    output: { layout: to, shape },
    tables: [],
    generated: [],
    scratchWords: 0,
    inPlace: false,
    byRows: false,
    calls: ({ xs: [x], y }) => [change.call({ x, y })],
    samples: Array.from({ length: 3 }, (_, sample) => {
      const signs = randomElements(tensorType('b1', shape), random, sample);
      return { inputs: [storedBytes(signs, from, shape)], output: storedBytes(signs, to, shape) };
    }),
  };
}

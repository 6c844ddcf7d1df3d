/** Checkpoints of published networks with few channels, to import by a built-in topology. */
import { elementCount } from '../../compiler/ir/encoding.ts';
import { Diagnostics } from '../../compiler/support/diagnostics.ts';
import type { Imported, Topology } from '../../compiler/frontends/frontend.ts';
import { tensorFile } from '../../compiler/frontends/tensor-file.ts';
import { importTopology } from '../../compiler/frontends/topology.ts';
import { randomFrom } from './random.ts';

export type Shapes = Readonly<Record<string, readonly number[]>>;

/** What a tensor is. */
export type Part = 'weight' | 'bias' | 'gamma' | 'beta' | 'mean' | 'variance' | 'inverse' | 'words' | 'alpha' | 'other';

/** By its name, its sizes, and what else there is. */
export type PartOf = (name: string, shape: readonly number[], shapes: Shapes) => Part;

export type Stored = Float32Array | Int32Array;

/** The elements of a tensor, which must be there. */
export type Tensors = (name: string) => ArrayLike<number>;

/**
 * Random numbers of each part. Channel 1 of 7 has whole numbers and no beta, so that sums of bits lie on its threshold; channel 3 has
 * gamma 0 and beta 0; channel 5 a gamma near 0. Every fifth channel has a variance as small as epsilon, and a gamma as small as its root.
 * Every second tensor of weights has zeros; an odd and an even seed have them in all.
 */
export function drawTensors(shapes: Shapes, partOf: PartOf, seed: number): ReadonlyMap<string, Stored> {
  const random = randomFrom(seed);
  const around = (reach: number): number => reach * (2 * random.unit() - 1);
  let weights = seed;
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const part = partOf(name, shape, shapes);
      if (part === 'weight') weights += 1;
      const draw = (i: number): number => {
        const [tie, none, tiny, narrow] = [i % 7 === 1, i % 7 === 3, i % 7 === 5, i % 5 === 2];
        const fraction = random.unit();
        switch (part) {
          case 'weight':
            return weights % 2 === 0 && i % 17 === 5 ? 0 : around(1);
          case 'bias':
          case 'mean':
            return tie ? random.integer(-2, 2) : around(2);
          case 'gamma':
            return none ? 0 : around(tiny || narrow ? 2 ** -8 : 1);
          case 'beta':
            return tie || none ? 0 : around(1);
          case 'variance':
            return narrow ? 2e-5 * fraction : 0.25 + 4 * fraction;
          case 'inverse':
            return narrow ? 100 + 200 * fraction : 0.25 + fraction;
          case 'alpha':
            return 0.05 + fraction / 4;
          case 'words':
            return random.integer(-(2 ** 31), 2 ** 31 - 1);
          case 'other':
            return 7;
        }
      };
      const length = { length: elementCount(shape) };
      return [name, part === 'words' ? Int32Array.from(length, (_, i) => draw(i)) : Float32Array.from(length, (_, i) => draw(i))] as const;
    }),
  );
}

export function importNarrow(topologies: readonly Topology[], word: string, shapes: Shapes, values: ReadonlyMap<string, Stored>): Imported {
  const stored = [...values].map(([name, data]) => ({
    name,
    element: data instanceof Int32Array ? ('int32' as const) : ('float32' as const),
    shape: shapes[name] ?? [],
    origin: { file: 'narrow', path: name },
    read: () => data,
  }));
  const diagnostics = new Diagnostics();
  const options = { file: 'narrow', output: null, topology: { word, document: null } };
  const none = { list: () => [], read: () => undefined };
  const imported = importTopology(tensorFile('narrow', stored), topologies, none, options, diagnostics);
  diagnostics.stopOnErrors();
  return imported;
}

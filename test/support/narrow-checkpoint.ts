/** Checkpoints of published networks with few channels, to import by a built-in topology. */
import { elementCount } from '../../compiler/ir/encoding.ts';
import { Diagnostics } from '../../compiler/support/diagnostics.ts';
import type { Imported, Topology } from '../../compiler/frontends/frontend.ts';
import { tensorFile } from '../../compiler/frontends/tensor-file.ts';
import { importTopology } from '../../compiler/frontends/topology.ts';

export type Shapes = Readonly<Record<string, readonly number[]>>;

export interface Narrow {
  readonly imported: Imported;
  /** Tensors of the file that the topology did not read. */
  readonly unused: readonly string[];
  readonly values: ReadonlyMap<string, Float32Array>;
}

/** From -1 to 1, never 0; variances and inverse deviations from 1/4 to 5/4. */
export function importNarrow(topologies: readonly Topology[], word: string, shapes: Shapes, positive: (name: string) => boolean): Narrow {
  let state = 12_345;
  const next = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (2 * Math.floor(state / 2 ** 16) + 1) / 2 ** 16 - 1;
  };
  const values = new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      Float32Array.from({ length: elementCount(shape) }, () => (positive(name) ? 0.25 + Math.abs(next()) : next())),
    ]),
  );
  const used = new Set<string>();
  const stored = [...values].map(([name, data]) => ({
    name,
    element: 'float32' as const,
    shape: shapes[name] ?? [],
    origin: { file: 'narrow', path: name },
    read: () => {
      used.add(name);
      return data;
    },
  }));
  const diagnostics = new Diagnostics();
  const options = { file: 'narrow', output: null, topology: { word, document: null } };
  const imported = importTopology(
    tensorFile('narrow', stored),
    topologies,
    { list: () => [], read: () => undefined },
    options,
    diagnostics,
  );
  diagnostics.stopOnErrors();
  return { imported, unused: [...values.keys()].filter((name) => !used.has(name)), values };
}

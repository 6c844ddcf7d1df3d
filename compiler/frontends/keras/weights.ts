/** The weights of each layer: by name in Keras' HDF5 files, by number in those of the .keras format. */
import { fail } from '../../support/diagnostics.ts';
import type { Hdf5Object } from '../hdf5/index.ts';
import type { StoredTensor } from '../tensor-file.ts';
import type { Layer } from './config.ts';

export interface LayerWeights {
  /** By what they are (`kernel`, `gamma`, …), where the file has names; in the order of the layer. */
  readonly named: ReadonlyMap<string, StoredTensor>;
  readonly listed: readonly StoredTensor[];
}

const NONE: LayerWeights = { named: new Map(), listed: [] };

/** `kernel` of `/model_weights/conv/conv/kernel:0` */
function role(name: string): string {
  return (name.split('/').at(-1) ?? '').replace(/:\d+$/, '');
}

function below(object: Hdf5Object | undefined, path: string): Hdf5Object | undefined {
  return path.split('/').reduce<Hdf5Object | undefined>((at, name) => (name === '' ? at : at?.children?.get(name)), object);
}

function tensorsBelow({ tensor, children }: Hdf5Object): readonly StoredTensor[] {
  return [...(tensor === undefined ? [] : [tensor]), ...[...(children?.values() ?? [])].flatMap(tensorsBelow)];
}

/** The root of the weights; undefined where the file has none in Keras' form. */
function legacyRoot(root: Hdf5Object): Hdf5Object | undefined {
  const inner = root.children?.get('model_weights') ?? root;
  return [...inner.attributes.keys()].some((name) => /^layer_names\d*$/.test(name)) ? inner : undefined;
}

function legacyWeights(group: Hdf5Object | undefined): LayerWeights {
  if (group === undefined) return NONE;
  const names = [...group.attributes]
    .filter(([name]) => /^weight_names\d*$/.test(name))
    .flatMap(([, value]): readonly (string | number)[] => value ?? []);
  const found = names.flatMap((name) => (typeof name === 'string' ? (below(group, name)?.tensor ?? []) : []));
  const listed = found.length > 0 ? found : tensorsBelow(group);
  return { listed, named: new Map(listed.map((tensor) => [role(tensor.name), tensor])) };
}

/** `quant_conv2d` of `QuantConv2D`: what the .keras format calls a layer, whatever its name. */
export function snakeCase(kind: string): string {
  return kind
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** Weights by the name of the layer. @throws UserError BNN1003 for a file without Keras' structure */
export function weightsOf(root: Hdf5Object, layers: readonly Layer[], file: string): ReadonlyMap<string, LayerWeights> {
  const legacy = legacyRoot(root);
  if (legacy !== undefined) return new Map(layers.map(({ name }) => [name, legacyWeights(legacy.children?.get(name))]));
  const numbered = root.children?.get('layers') ?? root.children?.get('_layer_checkpoint_dependencies');
  if (numbered === undefined) {
    return fail({
      code: 'BNN1003',
      message: `"${file}" has neither the attribute layer_names nor a group "layers", where Keras keeps weights.`,
      origin: { file, path: '/' },
    });
  }
  const counts = new Map<string, number>();
  return new Map(
    layers.map(({ name, kind }) => {
      const base = snakeCase(kind);
      const before = counts.get(base) ?? 0;
      counts.set(base, before + 1);
      const group = numbered.children?.get(before === 0 ? base : `${base}_${before}`) ?? numbered.children?.get(name);
      const vars = [...(group?.children?.get('vars')?.children ?? [])].sort(([a], [b]) => Number(a) - Number(b));
      return [name, { named: new Map(), listed: vars.flatMap(([, { tensor }]) => tensor ?? []) }];
    }),
  );
}

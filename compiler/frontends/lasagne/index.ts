/** The Lasagne frontend: parameters in order, as BinaryNet's `numpy.savez(path, *get_all_param_values(network))` writes them. */
import type { Diagnostics } from '../../support/diagnostics.ts';
import { zipNames } from '../../support/zip.ts';
import type { Frontend, FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import type { TensorFile } from '../tensor-file.ts';
import { importTopology } from '../topology.ts';
import { readArrays } from './arrays.ts';
import { ARRAYS_OF_LAYER, TOPOLOGIES, arrayName, lasagneDocument } from './layers.ts';

/** Number of inputs and layers of a network of dense layers only; undefined where the arrays are not those of one. */
function denseLayers({ tensors }: TensorFile): { readonly inputs: number; readonly layers: number } | undefined {
  const layers = tensors.size / ARRAYS_OF_LAYER;
  if (!Number.isInteger(layers) || layers === 0) return undefined;
  let width: number | undefined;
  for (let layer = 0; layer < layers; layer += 1) {
    const [weights, ...vectors] = Array.from(
      { length: ARRAYS_OF_LAYER },
      (_, i) => tensors.get(arrayName(ARRAYS_OF_LAYER * layer + i))?.shape,
    );
    const [inputs, outputs, more] = weights ?? [];
    if (inputs === undefined || outputs === undefined || more !== undefined || (width ?? inputs) !== inputs) return undefined;
    if (!vectors.every((shape) => shape?.length === 1 && shape[0] === outputs)) return undefined;
    width = outputs;
  }
  const [inputs] = tensors.get(arrayName(0))?.shape ?? [];
  return inputs === undefined ? undefined : { inputs, layers };
}

function read(bytes: Uint8Array, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  const tensors = readArrays(bytes, options.file);
  const dense = (options.topology ?? null) === null ? denseLayers(tensors) : undefined;
  if (dense === undefined) return importTopology(tensors, TOPOLOGIES, side, options, diagnostics);
  const input = { name: 'input', type: 'f32', shape: dense.inputs };
  const document = lasagneDocument(
    input,
    Array.from({ length: dense.layers }, () => ({ kind: 'dense' })),
  );
  const text = new TextEncoder().encode(JSON.stringify(document, null, 2));
  const topology = { word: 'the shapes of its arrays', document: { file: `${options.file} (dense layers)`, bytes: text } };
  const imported = importTopology(tensors, [], side, { ...options, topology }, diagnostics);
  const note = `The network is made from the shapes of the arrays: ${dense.layers} dense layers with batch norm, and signs between them.`;
  return { ...imported, notes: [note, ...imported.notes] };
}

export const lasagne: Frontend = {
  name: 'lasagne',
  endings: ['.npz'],
  doc: 'Parameters of BinaryNet on Lasagne and Theano (.npz): dense networks as they are, others with a topology.',
  accepts: (bytes) => {
    const names = zipNames(bytes);
    return names.length > 0 && names.every((name) => name.endsWith('.npy'));
  },
  topologies: TOPOLOGIES,
  read,
};

/** Keras' and Larq's files: HDF5 with a configuration, the .keras format of Keras 2.12 and later, and weights without a network. */
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import { isZip, readMember, readZip, zipNames } from '../../support/zip.ts';
import type { Frontend, FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import { isHdf5, openHdf5, readHdf5Tensors, type Hdf5Object } from '../hdf5/index.ts';
import { hasTopology, importTopology, refuseTopology } from '../topology.ts';
import { fields, isModelConfig, parseConfig, text } from './config.ts';
import { importKeras } from './import.ts';
import { weightsOf } from './weights.ts';

const CONFIG = 'config.json';
const WEIGHTS = 'model.weights.h5';
const LONGEST_CONFIG = 2 ** 24;

const version = (stated: string): 2 | 3 => (/^[012]\./.test(stated) ? 2 : 3);

function attribute({ attributes }: Hdf5Object, name: string): string | undefined {
  const [value] = attributes.get(name) ?? [];
  return typeof value === 'string' ? value : undefined;
}

/** The configuration that --topology names, if it is one of Keras' (model.to_json()) and not a document of ours. */
function givenConfig({ topology }: FrontendOptions): { readonly config: unknown; readonly file: string } | undefined {
  const document = topology?.document;
  if (document === undefined || document === null || document.bytes.length > LONGEST_CONFIG) return undefined;
  const source = new TextDecoder().decode(document.bytes);
  try {
    if (!isModelConfig(JSON.parse(source))) return undefined;
  } catch {
    // It is a document of ours, or damaged: the reader of those says where.
    return undefined;
  }
  return { config: parseConfig(source, { file: document.file, path: 'the configuration' }), file: document.file };
}

function readHdf5(bytes: Uint8Array, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  const { file } = options;
  const root = openHdf5(bytes, file);
  const stored = attribute(root, 'model_config');
  if (stored !== undefined && hasTopology(options)) return refuseTopology(file, 'keras');
  const given = givenConfig(options);
  if (stored === undefined && given === undefined) return importTopology(readHdf5Tensors(bytes, file), [], side, options, diagnostics);
  const place = given === undefined ? { file, path: 'attribute "model_config"' } : { file: given.file, path: 'the configuration' };
  const inner = root.children?.get('model_weights');
  const model = {
    config: given === undefined ? parseConfig(stored ?? '', place) : given.config,
    place,
    keras: version(
      (text(fields(given?.config).get('keras_version')) || attribute(root, 'keras_version')) ??
        (inner && attribute(inner, 'keras_version')) ??
        (root.children?.has('layers') === true ? '3' : '2.'),
    ),
    weights: (layers: Parameters<typeof weightsOf>[1]) => weightsOf(root, layers, file),
  };
  return importKeras(model, side, options, diagnostics);
}

function readArchive(bytes: Uint8Array, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  const { file } = options;
  if (hasTopology(options)) return refuseTopology(file, 'keras');
  const members = readZip(bytes, { file, path: 'zip directory' });
  const content = (name: string): Uint8Array => {
    const member = members.get(name);
    if (member !== undefined) return readMember(bytes, member, { file, path: `member "${name}"` }).bytes;
    return fail({ code: 'BNN1003', message: `the archive has no member "${name}".`, origin: { file, path: 'zip directory' } });
  };
  const place = { file, path: `member "${CONFIG}"` };
  const config = content(CONFIG);
  if (config.length > LONGEST_CONFIG)
    return fail({ code: 'BNN1003', message: `the configuration has ${config.length} bytes.`, origin: place });
  const metadata = members.has('metadata.json') ? parseConfig(new TextDecoder().decode(content('metadata.json')), place) : undefined;
  const root = openHdf5(content(WEIGHTS), `${file}/${WEIGHTS}`);
  const model = {
    config: parseConfig(new TextDecoder().decode(config), place),
    place,
    keras: version(text(fields(metadata).get('keras_version'))),
    weights: (layers: Parameters<typeof weightsOf>[1]) => weightsOf(root, layers, file),
  };
  return importKeras(model, side, options, diagnostics);
}

export const keras: Frontend = {
  name: 'keras',
  endings: ['.keras', '.h5', '.hdf5'],
  doc: 'Keras and Larq: .h5 and .keras with their configuration, and HDF5 weights with --topology.',
  topologies: [],
  accepts: (bytes) => isHdf5(bytes) || (isZip(bytes) && zipNames(bytes).includes(CONFIG)),
  read: (bytes, side, options, diagnostics) =>
    isZip(bytes) ? readArchive(bytes, side, options, diagnostics) : readHdf5(bytes, side, options, diagnostics),
};

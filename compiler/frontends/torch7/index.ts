/** The Torch7 frontend: networks of nn and cudnn as torch.save writes them, with the layers of BinaryNet, XNOR-Net and LBCNN. */
import { UserError, type Diagnostics } from '../../support/diagnostics.ts';
import type { Frontend, FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import { OperatorNetwork } from '../onnx/network.ts';
import { emitLayers } from './emit.ts';
import { inputSize } from './input-size.ts';
import { findModel } from './model.ts';
import { listModules, moduleTree } from './module.ts';
import { ObjectReader, readFirst } from './object-reader.ts';
import { readLayer, xnorConvolutions } from './read-layers.ts';
import { binarySource, textSource, type Source } from './source.ts';
import { newBudget } from './tensor.ts';
import { isCompound } from './values.ts';

const PLACE = 'the object';

/** Every way in which the file may be written, the likeliest first: the size of C's type long is nowhere stated. */
function sourcesOf(bytes: Uint8Array, file: string): readonly (() => Source)[] {
  const place = { file, path: PLACE };
  const isText = bytes[1] === 0x0a || bytes[1] === 0x0d;
  if (isText) return [() => textSource(bytes, place)];
  return [() => binarySource(bytes, place, 8), () => binarySource(bytes, place, 4)];
}

/** Values that are read to recognise a file. */
const MOST_STEPS = 4096;

/** A file has no mark: it is one if an object of a named class begins in its first table, or if it is a whole table. */
function begins(open: () => Source, length: number): boolean {
  const source = open();
  const reader = new ObjectReader(source);
  try {
    for (let i = 0; i < MOST_STEPS && reader.root === undefined; i += 1) {
      reader.step();
      if (reader.hasClass) return true;
    }
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
  const { root } = reader;
  return isCompound(root) && root.kind === 'table' && root.entries.size > 0 && source.offset === length;
}

/** The first value is a table or an object, and has the number 1. */
function accepts(bytes: Uint8Array): boolean {
  const [type] = bytes;
  const text = (type === 0x33 || type === 0x34) && bytes[1] === 0x0a && bytes[2] === 0x31 && bytes[3] === 0x0a;
  const binary = (type === 3 || type === 4) && bytes.length > 12 && [0, 0, 0, 1, 0, 0, 0].every((byte, i) => bytes[i + 1] === byte);
  return (text || binary) && sourcesOf(bytes, '').some((open) => begins(open, bytes.length));
}

function read(bytes: Uint8Array, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  const { file } = options;
  const { root, encoding, rest } = readFirst(sourcesOf(bytes, file));
  const found = findModel(root, file);
  const modules = moduleTree(found.instance, file, found.path, diagnostics);
  diagnostics.stopOnErrors();
  const scaledSigns = xnorConvolutions(modules);
  const layer = readLayer(modules, { budget: newBudget(), scaledSigns }, diagnostics);
  diagnostics.stopOnErrors();
  if (layer === undefined) throw new Error('a network that cannot be read is an error');
  const network = new OperatorNetwork(file);
  const output = emitLayers(network, layer, inputSize(layer, options.inputShape ?? null), diagnostics);
  const notes = [
    ...(encoding.startsWith('binary, longs of 8') ? [] : [`The file is written as Torch7 does on other computers: ${encoding}.`]),
    ...(rest === 0 ? [] : [`${rest} bytes behind the network are left out, as torch.load does.`]),
    ...(scaledSigns.size === 0
      ? []
      : [
          `${scaledSigns.size} convolutions, all but the first and the last, have XNOR-Net's binary weights: sign(w) times the mean of |w| of each filter.`,
        ]),
    ...(listModules(modules).some(({ fields }) => fields.entries.get('_type') === 'torch.DoubleTensor')
      ? ['The network computes in double; bnnc computes the same operations in float32.']
      : []),
  ];
  const imported = network.import(output, side, options, diagnostics);
  return { ...imported, notes: [...notes, ...imported.notes] };
}

export const torch7: Frontend = {
  name: 'torch7',
  endings: ['.t7'],
  doc: 'Networks of Torch7 (.t7), binary or text: nn and cudnn, with the layers of BinaryNet, XNOR-Net and LBCNN.',
  accepts,
  read,
};

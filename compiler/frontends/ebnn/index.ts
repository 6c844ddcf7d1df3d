/** The eBNN frontend: the C that kunglab/ebnn generates, and the HDF5 files of its trainer. */
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import type { Frontend, FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import { isHdf5, readHdf5Tensors } from '../hdf5/index.ts';
import { OperatorNetwork } from '../onnx/network.ts';
import { hasTopology, importTopology, refuseTopology } from '../topology.ts';
import { addLayer, inputOf, isLayer, type Layer } from './layers.ts';
import { isEbnnSource, readSource, type Call, type EbnnSource } from './source.ts';
import { TOPOLOGIES } from './topologies.ts';

const ENTRY = 'ebnn_compute';

/** The layers in the order in which `ebnn_compute` calls them, each on what the one before has written. All problems are reported. */
function layersOf({ functions }: EbnnSource, file: string, diagnostics: Diagnostics): readonly Layer[] {
  const entry = functions.get(ENTRY);
  if (entry === undefined) return fail({ code: 'BNN1003', message: `"${file}" has no function ${ENTRY}.`, origin: { file, path: ENTRY } });
  const layers = entry.calls.flatMap((call, position) => {
    const before = position === 0 ? 'input' : (entry.calls[position - 1]?.arguments[1] ?? '');
    return diagnostics.collect(() => layerOf(call, before, functions)) ?? [];
  });
  diagnostics.stopOnErrors();
  return layers;
}

/** @param before the buffer that the layer before has written */
function layerOf(call: Call, before: string, functions: EbnnSource['functions']): Layer {
  const [input] = call.arguments;
  const made = functions.get(call.name);
  const [only] = made?.calls ?? [];
  if (only === undefined || made?.calls.length !== 1 || !isLayer(only.name)) {
    return fail({
      code: 'BNN1004',
      message: `${ENTRY} calls "${call.name}", which is no layer of eBNN.`,
      origin: made?.origin ?? call.origin,
      help: 'Layers call fconv_layer, bconv_layer, blinear_layer or blinear_sm_layer, and nothing else.',
    });
  }
  if (call.arguments.length !== 2 || input !== before) {
    return fail({
      code: 'BNN1003',
      message: `"${call.name}" reads ${input === undefined ? 'nothing' : `"${input}"`}, and the layer before it has written "${before}".`,
      origin: call.origin,
    });
  }
  return { name: call.name, call: only };
}

function readHeader(bytes: Uint8Array, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  const { file } = options;
  const source = readSource(bytes, file);
  const layers = layersOf(source, file, diagnostics);
  const [first] = layers;
  if (first === undefined) return fail({ code: 'BNN1003', message: `${ENTRY} calls no layer.`, origin: { file, path: ENTRY } });
  const network = new OperatorNetwork(file);
  const { sizes, packed } = inputOf(first);
  const { origin } = first.call;
  const input = network.input('input', sizes, origin);
  const start = packed ? network.own('Sign', [input], { zero: 'plus' }, { name: 'input.bits', shown: 'packed input', origin }) : input;
  const output = layers.reduce((x, layer) => diagnostics.collect(() => addLayer({ network, source, layer }, x)) ?? x, start);
  diagnostics.stopOnErrors();
  const imported = network.import(output, side, options, diagnostics);
  const notes = [
    'eBNN returns the argmax only; the scores here are what it takes it of.',
    ...(packed ? ['The input is packed bits: +1 where eBNN’s input has a 1; --input b1 keeps it so.'] : []),
  ];
  return { ...imported, notes: [...notes, ...imported.notes] };
}

function read(bytes: Uint8Array, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  if (isHdf5(bytes)) return importTopology(readHdf5Tensors(bytes, options.file), TOPOLOGIES, side, options, diagnostics);
  if (hasTopology(options)) return refuseTopology(options.file, 'ebnn');
  return readHeader(bytes, side, options, diagnostics);
}

/** Chainer's links have running averages under these names; Keras has others. */
const CHAINER = 'avg_mean';

export const ebnn: Frontend = {
  name: 'ebnn',
  endings: ['.h', '.h5', '.hdf5'],
  doc: 'eBNN: the .h that it generates (read as data, never compiled), and the HDF5 of its trainer with a topology.',
  topologies: TOPOLOGIES,
  accepts: (bytes) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (isHdf5(bytes)) return buffer.includes(CHAINER) && !buffer.includes('model_config');
    return buffer.includes(ENTRY) && isEbnnSource(buffer.toString('latin1'));
  },
  read,
};

/** A file of TensorFlow, and what lies beside it: which of them are needed depends on what is given. */
import { fail, type Diagnostics } from '../../support/diagnostics.ts';
import { describeContent } from '../content.ts';
import type { FrontendOptions, Imported, SideFiles } from '../frontend.ts';
import { importTopology } from '../topology.ts';
import { readCheckpoint } from './bundle.ts';
import { checkpointNamed, containerOf } from './container.ts';
import { indexGraph } from './graph.ts';
import { GraphDefSchema, MetaGraphDefSchema, SavedModelSchema, type MetaGraphDef } from './tensorflow_pb.ts';
import { TOPOLOGIES, topologiesFor, withSystemSigns } from './topologies.ts';
import { importTensorflowGraph } from './translate.ts';
import type { Values } from './variables.ts';
import { decodeMessage } from './wire.ts';

const INDEX = '.index';
const META = '.meta';

export function readTensorflow(bytes: Uint8Array, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  const { file } = options;
  switch (containerOf(bytes)) {
    case 'index':
      return readIndex(bytes, side, options, diagnostics);
    case 'state':
      return refuseState(bytes, options);
    case 'graph': {
      const graph = indexGraph(decodeMessage(GraphDefSchema, bytes, { file, path: 'graph' }), file, diagnostics);
      return importTensorflowGraph(graph, [], valuesBeside(side, nameWithout(file, '.pb')), side, options, diagnostics);
    }
    case 'meta-graph': {
      const meta = decodeMessage(MetaGraphDefSchema, bytes, { file, path: 'meta graph' });
      return readMeta(meta, valuesBeside(side, nameWithout(file, META)), side, options, diagnostics);
    }
    case 'saved-model': {
      const { metaGraphs } = decodeMessage(SavedModelSchema, bytes, { file, path: 'saved model' });
      const serving = metaGraphs.find(({ metaInfoDef }) => metaInfoDef?.tags.includes('serve')) ?? metaGraphs[0];
      if (serving === undefined)
        return fail({ code: 'BNN1003', message: `"${file}" has no graph.`, origin: { file, path: 'meta_graphs' } });
      return readMeta(serving, valuesBeside(side, 'variables/variables'), side, options, diagnostics);
    }
    case undefined:
      return refuseContent(bytes, options);
  }
}

function nameWithout(file: string, ending: string): string {
  return file.endsWith(ending) ? file.slice(0, -ending.length) : file;
}

/** A checkpoint without a word on its network, unless its graph lies beside it or --topology describes it. */
function readIndex(bytes: Uint8Array, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  const checkpoint = readCheckpoint(bytes, options.file, side);
  const graph = `${nameWithout(options.file, INDEX)}${META}`;
  const { topology = null } = options;
  if (topology === null && side.list(graph).includes(graph)) {
    const meta = side.read(graph);
    if (meta !== undefined) {
      const decoded = decodeMessage(MetaGraphDefSchema, meta, { file: graph, path: 'meta graph' });
      const imported = readMeta(decoded, { checkpoint, index: options.file }, side, { ...options, file: graph }, diagnostics);
      return { ...imported, notes: [...imported.notes, `The network is that of "${graph}", beside the checkpoint.`] };
    }
  }
  const isPublished = TOPOLOGIES.some(({ name }) => name === topology?.word);
  return importTopology(isPublished ? withSystemSigns(checkpoint) : checkpoint, topologiesFor(checkpoint), side, options, diagnostics);
}

/** The checkpoint of a graph: the one of its name, else the only one. */
function valuesBeside(side: SideFiles, prefix: string): Values {
  const own = `${prefix}${INDEX}`;
  const others = side.list(`*${INDEX}`);
  const [only] = others;
  for (const index of [own, ...(others.length === 1 && only !== undefined ? [only] : [])]) {
    const bytes = side.read(index);
    if (bytes !== undefined) return { checkpoint: readCheckpoint(bytes, index, side), index };
  }
  // A checkpoint of the first version is one file, without an ending.
  const first = side.read(prefix);
  if (first !== undefined && containerOf(first) === 'index') return { checkpoint: readCheckpoint(first, prefix, side), index: prefix };
  return { checkpoint: null, index: own };
}

function readMeta(meta: MetaGraphDef, values: Values, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics): Imported {
  const { file } = options;
  if (meta.graphDef === undefined)
    return fail({ code: 'BNN1003', message: `"${file}" has no graph.`, origin: { file, path: 'graph_def' } });
  const graph = indexGraph(meta.graphDef, file, diagnostics);
  const serving = meta.signatureDef.find(({ key }) => key === 'serving_default') ?? meta.signatureDef[0];
  const outputs = serving?.value?.outputs.flatMap(({ value }) => (value === undefined ? [] : [value.name])) ?? [];
  return importTensorflowGraph(graph, outputs, values, side, options, diagnostics);
}

/** The text file `checkpoint`, which names the latest of a folder. */
function refuseState(bytes: Uint8Array, { file }: FrontendOptions): never {
  const name = checkpointNamed(bytes);
  return fail({
    code: 'BNN1002',
    message: `"${file}" only names the latest checkpoint of its folder.`,
    origin: { file, path: 'model_checkpoint_path' },
    help: name === undefined ? 'Give the .index file of the checkpoint.' : `Give "${name}${INDEX}", or "${name}${META}".`,
  });
}

const DATA = /^(.*)\.data-\d{5}-of-\d{5}$/s;

function refuseContent(bytes: Uint8Array, { file }: FrontendOptions): never {
  const data = DATA.exec(file);
  if (data !== null) {
    return fail({
      code: 'BNN1002',
      message: `"${file}" holds the elements of a checkpoint, without names or shapes.`,
      origin: { file, path: `${bytes.length} bytes` },
      help: `Give "${data[1]}${INDEX}", which says what they are.`,
    });
  }
  const seen = describeContent(bytes);
  return fail({
    code: 'BNN1002',
    message: `"${file}" is no file of TensorFlow that bnnc reads: ${seen.what}.`,
    origin: { file, path: `${bytes.length} bytes`, position: { byte: 0 } },
    notes: [
      'The index of a checkpoint ends with the bytes 57 fb 80 8b 24 75 47 db; a graph begins with a node that has a name and an operation.',
    ],
    help: seen.help,
  });
}

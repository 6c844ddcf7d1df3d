/** The network of a file that holds weights only: a document of the user's, or a published topology by its name. */
import { fail, type Diagnostics } from '../support/diagnostics.ts';
import { listAtMost } from '../support/list-at-most.ts';
import { nearest } from '../support/nearest.ts';
import type { FrontendOptions, Imported, SideFiles, Topology } from './frontend.ts';
import { readJsonModel } from './json/read.ts';
import { listTensors, type TensorFile } from './tensor-file.ts';

export type { Topology };

const HOW = 'docs/topologies.md says how to write one: a JSON model whose arrays are tensors of this file, by name.';

export function hasTopology({ topology }: FrontendOptions): boolean {
  return topology !== undefined && topology !== null;
}

/** For a file of that format that says what it computes itself. */
export function refuseTopology(file: string, format: string): never {
  return fail({
    code: 'BNN0001',
    message: `--topology is for files that hold weights only; "${file}" (${format}) states its network.`,
    help: 'Leave it out. If the file is of another format, name that with --from.',
  });
}

/** Names of all tensors that a document reads. */
function tensorsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(tensorsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => (key === 'tensor' && typeof entry === 'string' ? [entry] : tensorsOf(entry)));
}

function absent({ tensors }: TensorFile, { document }: Topology): readonly string[] {
  return [...new Set(tensorsOf(document()))].filter((name) => !tensors.has(name));
}

/** The published topologies all of whose tensors are in the file. */
function fitting(tensors: TensorFile, builtIn: readonly Topology[]): readonly string[] {
  return builtIn.filter((topology) => absent(tensors, topology).length === 0).map(({ name }) => name);
}

/** @throws UserError BNN1009 when the file lacks tensors of a published topology */
function requireTensors(tensors: TensorFile, topology: Topology, builtIn: readonly Topology[]): void {
  const names = absent(tensors, topology);
  if (names.length === 0) return;
  const others = fitting(tensors, builtIn);
  fail({
    code: 'BNN1009',
    message: `"${tensors.file}" does not have the tensors of topology ${topology.name}.`,
    origin: { file: tensors.file, path: `${tensors.tensors.size} tensors` },
    details: listAtMost(12, names, (name) => `missing  "${name}"`),
    help:
      others.length > 0
        ? `Its tensors are named like those of ${others.join(' and ')}: give --topology ${others[0]}.`
        : `Without --topology, its tensors are listed. ${HOW}`,
  });
}

function missing(tensors: TensorFile, builtIn: readonly Topology[]): never {
  const names = fitting(tensors, builtIn);
  return fail({
    code: 'BNN1012',
    message: `"${tensors.file}" holds weights, but not the network that they belong to.`,
    origin: { file: tensors.file, path: `${tensors.tensors.size} tensors` },
    details: [...listTensors(tensors), ...(builtIn.length === 0 ? [] : [`known   ${builtIn.map(({ name }) => name).join(', ')}`])],
    help:
      names.length > 0
        ? `Its tensors are named like those of ${names.join(' and ')}: add --topology ${names[0]}.`
        : `Describe the network with --topology FILE. ${HOW}`,
  });
}

function choose(
  { word, document }: NonNullable<FrontendOptions['topology']>,
  builtIn: readonly Topology[],
  tensors: TensorFile,
): { readonly file: string; readonly bytes: Uint8Array } {
  const named = builtIn.find(({ name }) => name === word);
  // A name wins over a file of the same name, so that a command means the same in every folder.
  if (named !== undefined) {
    requireTensors(tensors, named, builtIn);
    return { file: `topology ${word}`, bytes: new TextEncoder().encode(JSON.stringify(named.document(), null, 2)) };
  }
  if (document !== null) return document;
  const near = nearest(
    word,
    builtIn.map(({ name }) => name),
  );
  return fail({
    code: 'BNN0001',
    message: `--topology ${word} is neither a file nor a topology that is known for this format.`,
    details: [`known  ${builtIn.length === 0 ? 'none' : builtIn.map(({ name }) => name).join(', ')}`],
    help: near === undefined ? HOW : `Did you mean ${near}?`,
  });
}

/**
 * The network that --topology describes, with the tensors of the file.
 * @throws UserError BNN1012 without --topology, and whatever is wrong with the document
 */
export function importTopology(
  tensors: TensorFile,
  builtIn: readonly Topology[],
  side: SideFiles,
  { topology = null, output }: FrontendOptions,
  diagnostics: Diagnostics,
): Imported {
  if (topology === null) return missing(tensors, builtIn);
  const { file, bytes } = choose(topology, builtIn, tensors);
  const imported = readJsonModel(bytes, side, { file, output }, diagnostics, tensors);
  const { source: _, name: __, ...rest } = imported;
  return rest;
}

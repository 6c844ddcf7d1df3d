/** What a frontend is: it knows one family of files and nothing else of the compiler. */
import type { Diagnostics } from '../support/diagnostics.ts';
import type { Graph, ValueId } from '../ir/types.ts';

/** Files beside the model (external data, a parameter file). Synchronous, and confined to the model's folder. */
export interface SideFiles {
  /** Names in the model's folder that match a pattern with `*`, sorted. */
  readonly list: (pattern: string) => readonly string[];
  /** Bytes [offset, offset + length) of a file in the model's folder; undefined if there is no such range. */
  readonly read: (name: string, offset?: number, length?: number) => Uint8Array | undefined;
}

export interface FrontendOptions {
  /** File name as it is shown to the user. */
  readonly file: string;
  /** Output tensor or node to compile up to; null for the model's only output. */
  readonly output: string | null;
  /** What describes the network of a file that holds weights only; null without it. */
  readonly topology?: TopologyChoice | null;
  /** Sizes of one sample in the file's order, [channels, height, width] as a rule, for files that do not state them. */
  readonly inputShape?: readonly number[] | null;
}

/** What --topology says: the name of a published network, or a document of our own. */
export interface TopologyChoice {
  /** As it was written. */
  readonly word: string;
  /** The file of that path; null where there is none. */
  readonly document: { readonly file: string; readonly bytes: Uint8Array } | null;
}

/** The network of a published system, as a JSON model whose arrays are named tensors. */
export interface Topology {
  readonly name: string;
  /** One sentence: whose it is, and its layers. */
  readonly doc: string;
  readonly document: () => object;
}

/** A tensor of the file whose elements are those of a value of the graph. */
export interface ImportedTensor {
  readonly name: string;
  readonly value: ValueId;
  /** Element i of the tensor is element order[i] of the value; null where both orders agree. */
  readonly order: Int32Array | null;
}

/** The file that a model was written from by bnnc. */
export interface ImportedSource {
  readonly file: string;
  /** Of its bytes, in hexadecimal. */
  readonly sha256: string;
  /** The options that decided what it means, by their names without dashes. */
  readonly options: Readonly<Record<string, string>>;
}

/** The network as the file says it, in f32 unless the file says otherwise. */
export interface Imported {
  readonly graph: Graph;
  /** Class names, if the file has them. */
  readonly classes: readonly string[] | null;
  /**
   * For each element of the graph's input ([height][width][channels] order), its index in one sample of the file's own
   * input order; null where both orders agree. Data files are in the file's order.
   */
  readonly inputOrder: Int32Array | null;
  /** For each element of the graph's output, its index in the file's own order; null where both orders agree. */
  readonly outputOrder: Int32Array | null;
  /** Shape of one sample in the file's own order, without batch. */
  readonly inputShape: readonly number[];
  /** What the reader left out or decided, one sentence each, for `inspect`. */
  readonly notes: readonly string[];
  /** In the order of the file; where a frontend keeps them. */
  readonly tensors?: readonly ImportedTensor[];
  /** C prefix, where the file states one. */
  readonly name?: string;
  /** The file that this one was written from, where nothing was changed since: the model that results speak of. */
  readonly source?: ImportedSource;
}

export interface Frontend {
  /** Name for --from. */
  readonly name: string;
  /** How the names of such files end, for messages: the content decides. */
  readonly endings: readonly string[];
  /** One sentence: what it reads. */
  readonly doc: string;
  /** Cheap test on the content. */
  readonly accepts: (bytes: Uint8Array) => boolean;
  /** Networks that it knows by name, for files that hold weights only; undefined where files state their network. */
  readonly topologies?: readonly Topology[];
  /** Reads the model. Problems of one stage are collected in `diagnostics`, which is stopped at the stage's end. */
  readonly read: (bytes: Uint8Array, side: SideFiles, options: FrontendOptions, diagnostics: Diagnostics) => Imported;
}

/**
 * The sizes of the input, which a symbol does not state. The first layer tells its channels; a dense layer on a flattened map tells
 * how large that must be, and so which square inputs fit.
 */
import { elementCount } from '../../ir/encoding.ts';
import { fail, type Origin } from '../../support/diagnostics.ts';
import { listAtMost } from '../../support/list-at-most.ts';
import { choiceAttribute, truthAttribute, tupleAttribute, wholeAttribute } from './attributes.ts';
import { isPacked, packedCount } from './packed.ts';
import type { ParamsArray } from './params.ts';
import type { SymbolGraph, SymbolNode } from './symbol.ts';

const LARGEST = 512;
const CONVOLUTIONS = /^(?:QConvolution|Convolution|BinaryInferenceConvolution)(?:_v1)?$/;
const POOLS = /^Pooling(?:_v1)?$/;
const DENSE = /^(?:QFullyConnected|FullyConnected|BinaryInferenceFullyConnected)$/;

type Arrays = ReadonlyMap<string, ParamsArray>;

interface Extent {
  readonly channels: number;
  readonly size: number;
}

/** Inputs of one output that the weights of a layer have, or undefined if it has none in the file. */
function fanIn(node: SymbolNode, graph: SymbolGraph, arrays: Arrays, outputs: number): number | undefined {
  const weights = arrays.get(graph.nodes[node.inputs[1]?.node ?? -1]?.name ?? '') ?? signOf(node, graph, arrays);
  if (weights === undefined || outputs < 1) return undefined;
  return (isPacked(node) ? packedCount(weights) : elementCount(weights.shape)) / outputs;
}

/** Weights may reach their layer through an operator that binarizes them. */
function signOf(node: SymbolNode, graph: SymbolGraph, arrays: Arrays): ParamsArray | undefined {
  const maker = graph.nodes[node.inputs[1]?.node ?? -1];
  return arrays.get(graph.nodes[maker?.inputs[0]?.node ?? -1]?.name ?? '');
}

/** One axis of a window. */
interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
  readonly dilate: number;
  /** Whether a last window may be partly filled. */
  readonly full: boolean;
}

function windowOf(node: SymbolNode): Window {
  const first = (name: string, fallback: number): number => tupleAttribute(node, name)?.[0] ?? fallback;
  const full = POOLS.test(node.op) && choiceAttribute(node, 'pooling_convention', ['valid', 'full', 'same']) !== 'valid';
  return { kernel: first('kernel', 1), stride: first('stride', 1), pad: first('pad', 0), dilate: first('dilate', 1), full };
}

/** @returns how many windows there are, and how many rows they leave out */
function windowSize({ kernel, stride, pad, dilate, full }: Window, size: number): { readonly size: number; readonly rest: number } {
  const room = size + 2 * pad - dilate * (kernel - 1) - 1;
  if (room < 0 || stride < 1) return { size: 0, rest: 0 };
  return { size: (full ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1, rest: room % stride };
}

/** What a node does to channels and rows; nothing is read from the texts of the file again when sizes are tried. */
type Step = { readonly index: number; readonly from: number } & (
  | { readonly kind: 'window'; readonly window: Window; readonly channels: number | null }
  | { readonly kind: 'global' | 'keep' }
  | { readonly kind: 'dense'; readonly inputs: number | undefined }
  | { readonly kind: 'pad'; readonly rows: number }
  | { readonly kind: 'concat'; readonly parts: readonly number[] }
);

/** The nodes that the input reaches, in order; what stands behind a dense layer does not matter. */
function stepsOf(graph: SymbolGraph, arrays: Arrays, input: SymbolNode): readonly Step[] {
  const reached = new Set([input.index]);
  return graph.nodes.flatMap((node): readonly Step[] => {
    const from = node.inputs[0]?.node;
    if (from === undefined || !reached.has(from)) return [];
    const place = { index: node.index, from };
    if (DENSE.test(node.op))
      return [{ ...place, kind: 'dense', inputs: fanIn(node, graph, arrays, wholeAttribute(node, 'num_hidden', 0)) }];
    reached.add(node.index);
    if (CONVOLUTIONS.test(node.op))
      return [{ ...place, kind: 'window', window: windowOf(node), channels: wholeAttribute(node, 'num_filter', 1) }];
    if (POOLS.test(node.op))
      return [
        truthAttribute(node, 'global_pool', false)
          ? { ...place, kind: 'global' }
          : { ...place, kind: 'window', window: windowOf(node), channels: null },
      ];
    if (/^pad$/i.test(node.op)) {
      const widths = tupleAttribute(node, 'pad_width') ?? [];
      return [{ ...place, kind: 'pad', rows: (widths[4] ?? 0) + (widths[5] ?? 0) }];
    }
    if (/^concat$/i.test(node.op)) return [{ ...place, kind: 'concat', parts: node.inputs.map((edge) => edge.node) }];
    return [{ ...place, kind: 'keep' }];
  });
}

/** Whether a square input of this size fits all dense layers, and how many rows its windows leave out; undefined where it does not. */
function tryOut(
  steps: readonly Step[],
  input: SymbolNode,
  start: Extent,
): { readonly decided: boolean; readonly rest: number } | undefined {
  const extents = new Map<number, Extent>([[input.index, start]]);
  let [decided, rest] = [false, 0];
  for (const step of steps) {
    const x = extents.get(step.from);
    if (x === undefined) continue;
    if (step.kind === 'dense') {
      if (step.inputs !== undefined && step.inputs !== x.channels * x.size * x.size) return undefined;
      decided = decided || (step.inputs !== undefined && x.size > 1);
    } else if (step.kind === 'window') {
      const window = windowSize(step.window, x.size);
      if (window.size < 1) return undefined;
      rest += window.rest;
      extents.set(step.index, { channels: step.channels ?? x.channels, size: window.size });
    } else if (step.kind === 'concat') {
      const channels = step.parts.reduce((sum, part) => sum + (extents.get(part)?.channels ?? 0), 0);
      extents.set(step.index, { ...x, channels });
    } else extents.set(step.index, { ...x, size: step.kind === 'global' ? 1 : x.size + (step.kind === 'pad' ? step.rows : 0) });
  }
  return { decided, rest };
}

/** `__shape__` as gluon and MXNet's Variable(shape=…) write it, without the batch. */
function statedSizes(input: SymbolNode): readonly number[] | undefined {
  const sizes = tupleAttribute(input, '__shape__')?.slice(1);
  return sizes?.every((size) => size > 0) === true && sizes.length > 0 ? sizes : undefined;
}

function refuseSizes(origin: Origin, input: SymbolNode, channels: number, fitting: readonly number[]): never {
  return fail({
    code: 'BNN1005',
    message: `the file does not state the sizes of its input "${input.name}"${fitting.length > 1 ? ', and several fit its layers' : ''}.`,
    origin,
    details: listAtMost(8, fitting, (size) => `fits  ${channels}x${size}x${size}`),
    help: `Give them with --input-shape, for example --input-shape ${channels}x${fitting[0] ?? 32}x${fitting[0] ?? 32}.`,
  });
}

export interface InputSizes {
  readonly sizes: readonly number[];
  readonly notes: readonly string[];
}

/**
 * Sizes of one sample.
 * @param wanted what the user says; null where nothing was said
 * @throws UserError BNN1005 where nothing decides them
 */
export function inputSizes(graph: SymbolGraph, arrays: Arrays, input: SymbolNode, wanted: readonly number[] | null): InputSizes {
  if (wanted !== null) return { sizes: wanted, notes: [] };
  const stated = statedSizes(input);
  if (stated !== undefined) return { sizes: stated, notes: [] };
  const layer = graph.nodes.find((node) => CONVOLUTIONS.test(node.op) || DENSE.test(node.op));
  if (layer !== undefined && DENSE.test(layer.op)) {
    const features = fanIn(layer, graph, arrays, wholeAttribute(layer, 'num_hidden', 0));
    if (features !== undefined) return { sizes: [features], notes: [] };
  }
  const kernel = layer === undefined ? [] : (tupleAttribute(layer, 'kernel') ?? []);
  const perGroup = layer === undefined ? undefined : fanIn(layer, graph, arrays, wholeAttribute(layer, 'num_filter', 0));
  const channels =
    layer === undefined || perGroup === undefined ? Number.NaN : (perGroup / elementCount(kernel)) * wholeAttribute(layer, 'num_group', 1);
  if (kernel.length !== 2 || !Number.isSafeInteger(channels)) return refuseSizes(input.origin, input, 1, []);
  const steps = stepsOf(graph, arrays, input);
  const fitting = Array.from({ length: LARGEST }, (_, i) => ({ size: i + 1, found: tryOut(steps, input, { channels, size: i + 1 }) }));
  const possible = fitting.flatMap(({ size, found }) => (found?.decided === true ? [{ size, rest: found.rest }] : []));
  const [only] = possible;
  // Windows that leave rows out are common, so nothing tells 28 from 29 rows: what fits exactly is only named first.
  const named = possible.toSorted((a, b) => Number(a.rest > 0) - Number(b.rest > 0)).map(({ size }) => size);
  if (only === undefined || possible.length > 1) return refuseSizes(input.origin, input, channels, named);
  const shown = `${channels}x${only.size}x${only.size}`;
  return {
    sizes: [channels, only.size, only.size],
    notes: [`The file does not state the sizes of its input; ${shown} is what fits its layers (--input-shape says otherwise).`],
  };
}

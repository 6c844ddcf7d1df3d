/** Copies of stored values, element by element: integers as real numbers, and what some other operation left to the caller. */
import { elementCount } from '../ir/encoding.ts';
import { typeOf, valueOf } from '../ir/graph.ts';
import { printType } from '../ir/print.ts';
import type { Graph, Node, TensorType, ValueId } from '../ir/types.ts';
import { valueRange } from '../ir/value-range.ts';
import type { Layout } from '../kernels/kernel.ts';
import type { Diagnostics } from '../support/diagnostics.ts';
import type { Draft, Place } from './draft.ts';
import { ElementText } from './element-text.ts';
import type { Places } from './places.ts';

export interface ElementContext {
  readonly graph: Graph;
  readonly draft: Draft;
  readonly places: Places;
  readonly diagnostics: Diagnostics;
}

/** Kernels that only load and store have this name in reports. */
export const ELEMENTS = 'elements';

/** How elements lie that are read and stored one by one. */
export function layoutOf({ dtype, shape }: TensorType): Layout {
  if (dtype === 'b1') return { kind: 'bit-runs', run: shape.at(-1) ?? 1 };
  if (dtype === 'u8' || dtype === 'i8') return { kind: 'bytes' };
  return { kind: dtype === 'f32' ? 'f32' : 'i32' };
}

/** Copies a stored value to the caller's output. */
export function copyOut({ graph, draft, places }: ElementContext, id: ValueId): void {
  const type = typeOf(graph, id);
  const { name } = valueOf(graph, id);
  const from = places.in(id, layoutOf(type), name);
  const text = new ElementText(draft, name, type.shape, null);
  text.load(type, from.layout);
  const fn = text.finish(draft.functionName(`${name}.output`), { kind: 'output', type: type.dtype === 'f32' ? 'float' : 'int32_t' });
  draft.push([from], (address) => ({
    kind: 'elements',
    comment: 'output',
    layers: [],
    function: fn,
    arguments: [address(from), 'output'],
  }));
  draft.stores(valueOf(graph, id), null);
}

/** The real numbers of a value of integers; undefined, and reported, where they have no exact form. */
export function realCopy(context: ElementContext, id: ValueId, reader: Node): Place | undefined {
  const { graph, draft, places, diagnostics } = context;
  const known = places.of(id).find(({ layout }) => layout.kind === 'f32');
  if (known !== undefined) return known;
  const type = typeOf(graph, id);
  const from = places.in(id, layoutOf(type), reader.name);
  const text = new ElementText(draft, `${reader.name}.real`, type.shape, null);
  text.load(type, from.layout);
  if (!text.real(type, valueRange(graph, id))) {
    diagnostics.error({
      code: 'BNN3003',
      message: `the real numbers that "${reader.name}" reads cannot be computed exactly`,
      origin: reader.origin,
      details: [`input   ${printType(type)}`],
      help: 'Use scales and offsets of fewer digits.',
    });
    return undefined;
  }
  const fn = text.finish(draft.functionName(`${reader.name}.real`), { kind: 'f32' });
  const place = draft.buffer(`${reader.name}.real`, { kind: 'f32' }, type.shape);
  draft.rows.push({
    name: `${reader.name}.real`,
    op: 'elementwise',
    input: printType(type),
    output: printType({ dtype: 'f32', shape: type.shape }),
    kernel: ELEMENTS,
    tableBytes: text.tableBytes,
    instructions: elementCount(type.shape) * 12,
    price: null,
    alternatives: [],
  });
  const layers = [draft.rows.length - 1];
  draft.push([from, place], (address) => ({
    kind: 'elements',
    comment: `real numbers for ${reader.name}`,
    layers,
    function: fn,
    arguments: [address(from), address(place)],
  }));
  draft.stores(valueOf(graph, id), place);
  places.addCopy(id, place);
  return place;
}

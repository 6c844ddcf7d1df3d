/** Where every value lies while the walk goes along: made once, converted once for all readers that want the same layout. */
import { elementCount } from '../ir/encoding.ts';
import { consumersOf, typeOf, valueOf } from '../ir/graph.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import { conversion, copyOf, type Conversion } from '../kernels/conversions.ts';
import { sameBits, type Layout, type Several } from '../kernels/kernel.ts';
import type { Draft, Place } from './draft.ts';

export class Places {
  readonly #graph: Graph;
  readonly #draft: Draft;
  readonly #places = new Map<ValueId, Several<Place>>();
  /** Nodes whose steps are there: they read nothing any more. */
  readonly #done = new Set<Node>();

  constructor(graph: Graph, draft: Draft) {
    this.#graph = graph;
    this.#draft = draft;
    const input = typeOf(graph, graph.input);
    const layout: Layout =
      input.dtype === 'b1' ? { kind: 'bit-runs', run: elementCount(input.shape) } : { kind: input.dtype === 'f32' ? 'f32' : 'bytes' };
    this.#places.set(graph.input, [{ layout, buffer: null }]);
  }

  /** The copies of a value, the one that was made first. */
  of(id: ValueId): Several<Place> {
    const found = this.#places.get(id);
    if (found === undefined) throw new Error(`%${id} lies nowhere`);
    return found;
  }

  layoutsOf(id: ValueId): Several<Layout> {
    const [first, ...rest] = this.of(id);
    return [first.layout, ...rest.map(({ layout }) => layout)];
  }

  put(id: ValueId, place: Place): void {
    this.#places.set(id, [place]);
  }

  has(id: ValueId): boolean {
    return this.#places.has(id);
  }

  addCopy(id: ValueId, place: Place): void {
    this.#places.set(id, [...this.of(id), place]);
  }

  /** Is this a buffer of the workspace that nothing but `readers` reads from now on? */
  isFree({ buffer }: Place, readers: readonly Node[]): boolean {
    return buffer !== null && !this.#isReadLater(buffer, readers);
  }

  /** The output of `node` is its input under another name; planes keep the map that they are of. */
  rename(node: Node, id: ValueId): void {
    const { shape } = typeOf(this.#graph, id);
    const isReal = typeOf(this.#graph, id).dtype === 'f32';
    /** Real numbers of integers are not theirs any more when the integers are worth something else. */
    const flat = ({ layout }: Place): boolean => node.kind === 'reshape' || isReal || layout.kind !== 'f32';
    if (!this.of(id).some(flat)) this.in(id, { kind: 'bit-runs', run: shape.at(-1) ?? 1 }, node.name);
    const [first, ...rest] = this.of(id).filter(flat);
    if (first !== undefined) this.#places.set(node.output, [first, ...rest]);
  }

  /** A copy of a value in the wanted layout: one that is there, or a new one for the reader `name`. */
  in(id: ValueId, wanted: Layout, name: string): Place {
    const places = this.of(id);
    if (wanted.kind === 'bytes' || wanted.kind === 'i32' || wanted.kind === 'f32') {
      const own = places.find(({ layout }) => layout.kind === wanted.kind);
      if (own === undefined) throw new Error(`%${id} does not lie as ${wanted.kind} for ${name}`);
      return own;
    }
    const found = places.find(({ layout }) => sameBits(layout, wanted));
    if (found !== undefined) return found;
    const [from] = places;
    const change = conversion(from.layout, wanted, typeOf(this.#graph, id).shape);
    if (change === null) return from;
    const place = this.#copy(from, change, wanted, id, name);
    this.#places.set(id, [...places, place]);
    return place;
  }

  /** A place in this layout that the reader `node` may overwrite: the value's own where nobody else reads it later. */
  owned(id: ValueId, wanted: Extract<Layout, { kind: 'bit-runs' }>, node: Node): Place {
    const place = this.in(id, wanted, node.name);
    if (place.buffer !== null && !this.#isReadLater(place.buffer, [node])) return place;
    return this.#copy(place, copyOf(wanted, typeOf(this.#graph, id).shape), wanted, id, node.name);
  }

  /** `node` and everything that its steps compute reads nothing any more. */
  done(node: Node): void {
    this.#done.add(node);
  }

  isDone(node: Node): boolean {
    return this.#done.has(node);
  }

  /** Under any of its names. */
  #isReadLater(buffer: string, by: readonly Node[]): boolean {
    for (const [id, places] of this.#places) {
      if (!places.some((place) => place.buffer === buffer)) continue;
      if (consumersOf(this.#graph, id).some((node) => !by.includes(node) && !this.#done.has(node))) return true;
    }
    return false;
  }

  #copy(from: Place, change: Conversion, layout: Layout, id: ValueId, name: string): Place {
    const place = this.#draft.buffer(`${name}.layout`, layout, typeOf(this.#graph, id).shape);
    this.#draft.push([from], (address) => ({
      kind: 'call',
      comment: `layout of the input of ${name}`,
      layers: [],
      call: change.call({ x: address(from), y: address(place) }),
    }));
    this.#draft.stores(valueOf(this.#graph, id), place);
    return place;
  }
}

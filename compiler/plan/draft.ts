/**
 * The unfinished Plan: buffers with their lives, tables, layer rows, and steps that wait for addresses. Memory can only be
 * assigned when the walk is over, so every step is kept as a function of the final addresses.
 */
import type { Value } from '../ir/types.ts';
import { layoutWords, type Call, type GeneratedFunction, type Layout, type Table } from '../kernels/kernel.ts';
import type { Request } from './memory.ts';
import { toIdentifier, uniqueNames } from './names.ts';
import type { LayerRow, PlannedTable, Step, StoredValue } from './plan.ts';

/** Where a value lies: the caller's input (`buffer` null), or a buffer of the workspace. */
export interface Place {
  readonly layout: Layout;
  readonly buffer: string | null;
}

/** C expression of a place. */
export type Address = (place: Place) => string;

/** Compilers tell names apart by 63 characters; the model's prefix and the table's own name must fit too. */
const LONGEST_LAYER = 32;

export class Draft {
  readonly requests: Request[] = [];
  readonly steps: ((address: Address) => Step)[] = [];
  readonly stored: ((address: Address) => StoredValue)[] = [];
  readonly tables: PlannedTable[] = [];
  readonly rows: LayerRow[] = [];
  readonly symbols = new Set<string>();
  readonly generated = new Map<string, GeneratedFunction>();
  readonly #prefix: string;
  readonly #uniqueTable = uniqueNames();
  readonly #uniqueBuffer = uniqueNames();

  /** @param prefix of the C names of this model */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Declares the tables of a layer; the answer gives the C name of each. */
  addTables(layer: string, tables: readonly Table[]): (name: string) => string {
    const symbols = new Map<string, string>();
    for (const table of tables) {
      const symbol = this.#uniqueTable(`${this.#prefix}_${toIdentifier(layer, LONGEST_LAYER)}_${table.name}`);
      symbols.set(table.name, symbol);
      this.tables.push({ ...table, symbol });
    }
    return (name) => {
      const symbol = symbols.get(name);
      if (symbol === undefined) throw new Error(`"${layer}" has no table ${name}`);
      return symbol;
    };
  }

  /** A buffer for a value, born with the next step. */
  buffer(name: string, layout: Layout, shape: readonly number[]): Place {
    return { layout, buffer: this.#request(name, layoutWords(layout, shape)) };
  }

  /** The C name of a function of this model. */
  functionName(node: string): string {
    return this.#uniqueTable(`${this.#prefix}_${toIdentifier(node, LONGEST_LAYER)}_elements`);
  }

  /** uint32_t words of a buffer; 0 for the caller's memory. */
  wordsOf({ buffer }: Place): number {
    return this.requests.find(({ name }) => name === buffer)?.words ?? 0;
  }

  /** A buffer that only the next step uses. */
  scratch(name: string, words: number): Place {
    return { layout: { kind: 'bit-runs', run: 32 }, buffer: this.#request(`${name}.scratch`, words) };
  }

  /** Adds a step that uses these places; their buffers live at least until then. */
  push(used: readonly Place[], step: (address: Address) => Step): void {
    const at = this.steps.length;
    for (const { buffer } of used) {
      const index = this.requests.findIndex((request) => request.name === buffer);
      const request = this.requests[index];
      if (request !== undefined) this.requests[index] = { ...request, to: at };
    }
    this.steps.push((address) => {
      const built = step(address);
      for (const call of callsOf(built)) this.symbols.add(call.symbol);
      return built;
    });
  }

  /** The step that was added last leaves this value whole in a place, or, where that is null, in the caller's output. */
  stores({ id, type: { dtype, shape } }: Value, place: Place | null): void {
    const step = this.steps.length - 1;
    const layout: Layout = place?.layout ?? { kind: dtype === 'f32' ? 'f32' : 'i32' };
    this.stored.push((address) => ({
      step,
      value: id,
      layout,
      shape,
      address: place === null ? 'output' : address(place),
      bytes: layoutWords(layout, shape) * 4,
    }));
  }

  #request(wanted: string, words: number): string {
    const at = this.steps.length;
    const name = this.#uniqueBuffer(wanted);
    this.requests.push({ name, words, from: at, to: at });
    return name;
  }
}

function callsOf(step: Step): readonly Call[] {
  if (step.kind === 'call') return [step.call];
  return step.kind === 'pooled' ? [step.conv, step.pool] : [];
}

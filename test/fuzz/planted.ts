/** Readers with every fault that the fuzzer must see, one fault each, whatever the bytes. */
import type { Imported, SideFiles } from '../../compiler/frontends/frontend.ts';
import { fail } from '../../compiler/support/diagnostics.ts';
import { SIGN, chain, type } from '../support/small-graph.ts';
import type { Reader } from './reader.ts';

const graph = chain(type('f32', [8]), [SIGN]);
const WHOLE: Imported = { graph, classes: null, inputOrder: null, outputOrder: null, inputShape: [8], notes: [] };

/** What a fault leaves behind on purpose. */
const kept: unknown[] = [];

/** Harmless alone; a process that runs many cases passes its limit. */
const KEPT_A_CASE = 2 ** 25;

const FAULTS: Readonly<Record<string, (side: SideFiles) => Imported>> = {
  none: () => WHOLE,
  refusal: () => fail({ code: 'BNN1003', message: 'the file is refused' }),
  crash: () => {
    throw new TypeError('planted');
  },
  hang: () => {
    for (;;) kept.length = 0;
  },
  heap: () => {
    for (;;) kept.push(Array.from({ length: 1000 }, (_, i) => ({ i })));
  },
  buffers: () => {
    for (let i = 0; i < 8; i += 1) kept.push(new Uint8Array(2 ** 27).fill(1));
    return WHOLE;
  },
  leak: () => {
    kept.push(new Uint8Array(KEPT_A_CASE).fill(1));
    return WHOLE;
  },
  exit: () => process.exit(3),
  long: () => fail({ code: 'BNN1003', message: 'x '.repeat(20_000) }),
  graph: () => ({ ...WHOLE, graph: { ...graph, output: 'nowhere' as typeof graph.output } }),
};

function reader(name: string, fault: (side: SideFiles) => Imported): Reader {
  return {
    frontend: { name, endings: [], doc: 'A fault.', accepts: () => false, read: (_bytes, side) => fault(side) },
    corpus: () => [{ name: 'a file', bytes: Uint8Array.from({ length: 64 }, (_, i) => i) }],
    mutators: [{ name: 'nothing', apply: (bytes) => bytes }],
  };
}

export const READERS: Readonly<Record<string, Reader>> = Object.fromEntries(
  Object.entries(FAULTS).map(([name, fault]) => [name, reader(name, fault)]),
);

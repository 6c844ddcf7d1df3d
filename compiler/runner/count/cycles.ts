/**
 * Cycles by model, for cores whose instruction timing Arm publishes: Cortex-M0 (DDI 0432), M0+ (DDI 0484), M3 (DDI 0337) and
 * M4 (DDI 0439) Technical Reference Manuals, tables of instruction cycles. Memory without wait states, a multiplier of one
 * cycle. A model and not a measurement: flash wait states, bus contention and fetches across words are not in it. Where the
 * manual gives a range, so does the model.
 */
import type { Instruction } from './instruction.ts';

export interface Range {
  readonly least: number;
  readonly most: number;
}

export interface CycleModel {
  readonly name: string;
  /** Cycles when the next instruction follows in memory. `before` is undefined where the one before is not known. */
  readonly cycles: (instruction: Instruction, before: Instruction | undefined) => Range;
  /** Additional cycles when another instruction follows. */
  readonly jump: (instruction: Instruction) => Range;
}

const exactly = (cycles: number): Range => ({ least: cycles, most: cycles });

/** The two smallest cores: no pipelined loads, everything has one cost. */
function smallCore(name: string, refill: number, call: number, counterLoad: number): CycleModel {
  return {
    name,
    cycles: ({ kind, transfers, intoCounter }) => {
      switch (kind) {
        case 'load':
        case 'store':
          return exactly(2);
        case 'load-many':
        case 'store-many':
          return exactly(1 + transfers + (intoCounter ? counterLoad : 0));
        case 'system':
          return exactly(1 + counterLoad);
        default:
          return exactly(1);
      }
    },
    jump: ({ kind, intoCounter }) => exactly(intoCounter ? 0 : kind === 'call' ? call : refill),
  };
}

/** A load right behind a load that it does not wait for overlaps with it. */
function overlaps({ address }: Instruction, before: Instruction | undefined): boolean {
  return before?.kind === 'load' && !before.intoCounter && (before.result === null || !address.includes(before.result));
}

/** An address that the instruction before has just computed may cost a cycle. */
function waitsForAddress({ address }: Instruction, before: Instruction | undefined): boolean {
  return before?.kind === 'arithmetic' && before.result !== null && address.includes(before.result);
}

/** Refilling the pipeline takes 1 to 3 cycles, a division 2 to 12; an IT may be folded into the instruction before it. */
function largeCore(name: string, multiplyAdd: number, long: Range, longAdd: Range): CycleModel {
  const timing: Readonly<Partial<Record<Instruction['kind'], Range>>> = {
    'multiply-add': exactly(multiplyAdd),
    'long-multiply': long,
    'long-multiply-add': longAdd,
    divide: { least: 2, most: 12 },
    'float-multiply-add': exactly(3),
    'float-divide': exactly(14),
    'if-then': { least: 0, most: 1 },
    system: { least: 1, most: 4 },
  };
  return {
    name,
    cycles: (instruction, before) => {
      const { kind, transfers, address } = instruction;
      if (kind === 'load-many' || kind === 'store-many') return exactly(1 + transfers);
      if (kind === 'branch') return exactly(1 + transfers); // TBB loads its distance
      if (kind !== 'load' && kind !== 'store') return timing[kind] ?? exactly(1);
      const overlap = overlaps(instruction, before) ? 1 : 0;
      // A store goes to the write buffer; the sum of two registers as its address takes a cycle of its own.
      const least = kind === 'load' ? 2 - overlap : address.length === 2 ? 2 - overlap : 1;
      return { least, most: least + (waitsForAddress(instruction, before) ? 1 : 0) };
    },
    jump: () => ({ least: 1, most: 3 }),
  };
}

const M3 = largeCore('Cortex-M3', 2, { least: 3, most: 5 }, { least: 4, most: 7 });
const M4 = largeCore('Cortex-M4', 1, exactly(1), exactly(1));

/** By the processor name that compilers take with -mcpu. */
const MODELS: Readonly<Record<string, readonly CycleModel[]>> = {
  'cortex-m0': [smallCore('Cortex-M0', 2, 3, 3), smallCore('Cortex-M0+', 1, 2, 2)],
  'cortex-m0plus': [smallCore('Cortex-M0+', 1, 2, 2)],
  'cortex-m3': [M3],
  'cortex-m4': [M4],
};

/** The models of the processor that these compiler flags name; none where no timing is published. */
export function cycleModels(flags: readonly string[]): readonly CycleModel[] {
  return flags.flatMap((flag) => MODELS[/^-mcpu=([\w-]+)/.exec(flag)?.[1] ?? ''] ?? []);
}

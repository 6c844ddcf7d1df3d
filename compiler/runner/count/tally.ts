/** From a profile to numbers: instructions, their classes, cycles by model. */
import { decodeAvr } from './avr.ts';
import { cycleModels, type CycleModel, type Range } from './cycles.ts';
import { CLASSES, CLASS_OF, type Instruction, type InstructionClass } from './instruction.ts';
import type { Architecture, Piece, Region } from './profile.ts';
import { decodeRiscv } from './riscv.ts';
import { decodeThumb } from './thumb.ts';

export interface Tally {
  readonly instructions: number;
  /** Instructions of each class. */
  readonly classes: Readonly<Record<InstructionClass, number>>;
  /** One entry per model of the processor. */
  readonly cycles: readonly (Range & { readonly model: string })[];
}

const DECODERS = { arm: decodeThumb, riscv32: decodeRiscv, avr: decodeAvr } as const;

/** What the cycles of the AVR emulator are. */
const DATA_SHEET = 'the AVR data sheet';

/** The instructions of a piece, in order. */
export function decode(architecture: Architecture, { code }: Piece): readonly Instruction[] {
  const half = (at: number): number => (code[at] ?? 0) | ((code[at + 1] ?? 0) << 8);
  const list: Instruction[] = [];
  for (let at = 0; at < code.length; at += list.at(-1)?.size ?? 2) list.push(DECODERS[architecture](half(at), half(at + 2)));
  return list;
}

/** Cycles of a piece for each model: all of its instructions one after the other, and what a jump at its end adds. */
function timing(list: readonly Instruction[], models: readonly CycleModel[]): readonly { readonly run: Range; readonly jump: Range }[] {
  const last = list.at(-1);
  return models.map(({ cycles, jump }) => {
    const each = list.map((one, i) => cycles(one, list[i - 1]));
    const sum = (of: (range: Range) => number): number => each.reduce((total, range) => total + of(range), 0);
    return {
      run: { least: sum(({ least }) => least), most: sum(({ most }) => most) },
      jump: last === undefined ? { least: 0, most: 0 } : jump(last),
    };
  });
}

/** Adds up regions. Remembers pieces, so many regions of one profile cost little. @param flags of the target's compiler */
export function tallier(architecture: Architecture, flags: readonly string[]): (regions: readonly Region[]) => Tally {
  const models = cycleModels(flags);
  const known = new Map<Piece, { readonly list: readonly Instruction[]; readonly times: ReturnType<typeof timing> }>();
  const facts = (piece: Piece): { readonly list: readonly Instruction[]; readonly times: ReturnType<typeof timing> } => {
    const found = known.get(piece);
    if (found !== undefined) return found;
    const list = decode(architecture, piece);
    const made = { list, times: timing(list, models) };
    known.set(piece, made);
    return made;
  };
  return (regions) => {
    let instructions = 0;
    const classes = Object.fromEntries(CLASSES.map((name) => [name, 0])) as Record<InstructionClass, number>;
    const cycles = models.map(({ name }) => ({ model: name, least: 0, most: 0 }));
    for (const { piece, times, jumps } of regions.flat()) {
      const { list, times: costs } = facts(piece);
      instructions += times * list.length;
      for (const { kind } of list) classes[CLASS_OF[kind]] += times;
      cycles.forEach((sum, i) => {
        const cost = costs[i];
        sum.least += times * (cost?.run.least ?? 0) + jumps * (cost?.jump.least ?? 0);
        sum.most += times * (cost?.run.most ?? 0) + jumps * (cost?.jump.most ?? 0);
      });
    }
    const clock = regions.flat().reduce((sum, ran) => sum + (ran.cycles ?? 0), 0);
    const bySheet = architecture === 'avr' ? [{ model: DATA_SHEET, least: clock, most: clock }] : [];
    return { instructions, classes, cycles: [...cycles, ...bySheet] };
  };
}

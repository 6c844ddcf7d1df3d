/** Counts what runs between marks in the AVR emulator, address by address, with the clock cycles of the data sheet. */
import { decodeAvr } from '../count/avr.ts';
import type { Piece, Profile, Ran, Region } from '../count/profile.ts';

/** The marks of targets/shared/count/markers.h: moves of a register to itself. */
const BEGIN = 0x2c22;
const STEP = 0x2c33;
const END = 0x2c44;

export interface AvrCounter {
  /** One executed instruction: its address in words, its cycles, and the program memory that it stands in. */
  readonly observe: (address: number, cycles: number, program: Uint16Array) => void;
  /** Undefined when the program ended between two marks. */
  readonly profile: () => Profile | undefined;
}

export function createAvrCounter(): AvrCounter {
  const pieces = new Map<number, Piece>();
  const inferences: Region[][] = [];
  let region = new Map<number, { times: number; cycles: number }>();
  let counting = false;

  const pieceAt = (address: number, program: Uint16Array): Piece => {
    const found = pieces.get(address);
    if (found !== undefined) return found;
    const { size } = decodeAvr(program[address] ?? 0);
    const words = program.slice(address, address + size / 2);
    const piece = { address: address * 2, code: new Uint8Array(words.buffer) };
    pieces.set(address, piece);
    return piece;
  };
  const close = (program: Uint16Array): void => {
    const ran = [...region].map(([address, seen]): Ran => ({ piece: pieceAt(address, program), jumps: 0, ...seen }));
    inferences.at(-1)?.push(ran);
    region = new Map();
  };
  return {
    observe: (address, cycles, program) => {
      const opcode = program[address];
      if (opcode === BEGIN) {
        counting = true;
        inferences.push([]);
      } else if (!counting) return;
      else if (opcode === STEP) close(program);
      else if (opcode === END) {
        close(program);
        counting = false;
      } else {
        const seen = region.get(address);
        if (seen === undefined) region.set(address, { times: 1, cycles });
        else {
          seen.times += 1;
          seen.cycles += cycles;
        }
      }
    },
    profile: () => (counting ? undefined : { architecture: 'avr', inferences }),
  };
}

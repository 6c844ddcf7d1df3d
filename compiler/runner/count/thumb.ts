/**
 * Decodes Thumb instructions as far as counting needs it. Encodings: ARMv6-M (DDI 0419), ARMv7-M (DDI 0403) and ARMv8-M
 * (DDI 0553) Architecture Reference Manuals, chapters "The Thumb Instruction Set Encoding".
 */
import { instruction, type Instruction, type Kind } from './instruction.ts';

const COUNTER = 15;
const STACK = 13;

function ones(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** Register 15 as a result means "only flags". */
function resultOf(register: number): number | null {
  return register === COUNTER ? null : register;
}

/** @param first halfword @param second halfword behind it; looked at only where the first says that it belongs to it */
export function decodeThumb(first: number, second: number): Instruction {
  return first < 0xe800 ? decodeShort(first) : decodeLong(first, second);
}

function single(load: boolean, register: number, address: readonly number[], size: 2 | 4): Instruction {
  return instruction(size, load ? 'load' : 'store', {
    transfers: 1,
    result: load ? register : null,
    address,
    intoCounter: load && register === COUNTER,
  });
}

function many(load: boolean, transfers: number, intoCounter: boolean, size: 2 | 4): Instruction {
  return instruction(size, load ? 'load-many' : 'store-many', { transfers, intoCounter: load && intoCounter });
}

function arithmetic(result: number | null, size: 2 | 4 = 2): Instruction {
  return instruction(size, 'arithmetic', { result });
}

function decodeShort(half: number): Instruction {
  const low = half & 7;
  const middle = (half >> 3) & 7;
  const high = (half >> 8) & 7;
  const load = (half & 0x0800) !== 0;
  switch (half >> 12) {
    case 0x0:
    case 0x1: // shifts, additions and subtractions of three operands
      return arithmetic(low);
    case 0x2: // MOV, CMP
      return arithmetic(load ? null : high);
    case 0x3: // ADD, SUB
      return arithmetic(high);
    case 0x4:
      if (load) return single(true, high, [], 2); // from the pool behind the code
      return (half & 0x0400) === 0 ? decodeDataProcessing(half) : decodeHighRegisters(half);
    case 0x5:
      return single(((half >> 9) & 7) >= 3, low, [middle, (half >> 6) & 7], 2);
    case 0x6:
    case 0x7:
    case 0x8:
      return single(load, low, [middle], 2);
    case 0x9:
      return single(load, high, [STACK], 2);
    case 0xa: // ADR, ADD to the stack pointer
      return arithmetic(high);
    case 0xb:
      return decodeMiscellaneous(half);
    case 0xc:
      return many(load, ones(half & 0xff), false, 2);
    case 0xd: // the last two conditions are UDF and SVC
      return instruction(2, (half & 0x0e00) === 0x0e00 ? 'system' : 'branch');
    default:
      return instruction(2, 'branch');
  }
}

/** TST, CMP and CMN have no result. */
function decodeDataProcessing(half: number): Instruction {
  const operation = (half >> 6) & 15;
  const result = [8, 10, 11].includes(operation) ? null : half & 7;
  return instruction(2, operation === 13 ? 'multiply' : 'arithmetic', { result });
}

/** ADD, CMP, MOV on all sixteen registers, BX, BLX. */
function decodeHighRegisters(half: number): Instruction {
  const operation = (half >> 8) & 3;
  const register = (half & 7) | ((half >> 4) & 8);
  if (operation === 3 || (operation !== 1 && register === COUNTER)) return instruction(2, 'branch');
  return arithmetic(operation === 1 ? null : register);
}

function decodeMiscellaneous(half: number): Instruction {
  if ((half & 0xf500) === 0xb100) return instruction(2, 'branch'); // CBZ, CBNZ
  if ((half & 0xfe00) === 0xb400) return many(false, ones(half & 0x1ff), false, 2); // PUSH
  if ((half & 0xfe00) === 0xbc00) return many(true, ones(half & 0x1ff), (half & 0x100) !== 0, 2); // POP
  if ((half & 0xff00) === 0xb000) return arithmetic(STACK);
  if ((half & 0xff00) === 0xb200 || (half & 0xff00) === 0xba00) return arithmetic(half & 7); // extensions, reversals
  if ((half & 0xff00) === 0xbf00) return (half & 15) === 0 ? arithmetic(null) : instruction(2, 'if-then'); // hints, IT
  return instruction(2, 'system'); // BKPT, CPS
}

function decodeLong(first: number, second: number): Instruction {
  if ((first & 0xec00) === 0xec00) return decodeCoprocessor(first, second);
  const result = resultOf((second >> 8) & 15);
  switch ((first >> 11) & 3) {
    case 1:
      if ((first & 0xfe00) === 0xea00) return arithmetic(result, 4);
      return (first & 0x40) === 0
        ? many((first & 0x10) !== 0, ones(second), (second & 0x8000) !== 0, 4)
        : decodeDoubleOrExclusive(first, second);
    case 2:
      return (second & 0x8000) === 0 ? arithmetic(result, 4) : decodeBranch(first, second);
    default:
      if ((first & 0xfe00) === 0xf800) return decodeSingle(first, second);
      if ((first & 0xff80) === 0xfb00) {
        return instruction(4, second >> 12 === COUNTER ? 'multiply' : 'multiply-add', { result });
      }
      if ((first & 0xff80) === 0xfb80) return instruction(4, longMultiply((first >> 4) & 7), {});
      return arithmetic(result, 4); // shifts by registers, extensions, parallel additions
  }
}

/** SMULL, SDIV, UMULL, UDIV, SMLAL and its halves, UMLAL. */
function longMultiply(operation: number): Kind {
  if (operation === 1 || operation === 3) return 'divide';
  return operation >= 4 ? 'long-multiply-add' : 'long-multiply';
}

/** LDRD and STRD have an index or write back; without both it is TBB, TBH or an exclusive access. */
function decodeDoubleOrExclusive(first: number, second: number): Instruction {
  const load = (first & 0x10) !== 0;
  if ((first & 0x0120) !== 0) return many(load, 2, false, 4);
  if ((first & 0xfff0) === 0xe8d0 && (second & 0xffe0) === 0xf000) return instruction(4, 'branch', { transfers: 1 });
  return single(load, second >> 12, [first & 15], 4);
}

function decodeSingle(first: number, second: number): Instruction {
  const base = first & 15;
  const byRegister = (first & 0x80) === 0 && (second & 0x0800) === 0;
  const address = base === COUNTER ? [] : byRegister ? [base, second & 15] : [base];
  return single((first & 0x10) !== 0, second >> 12, address, 4);
}

function decodeBranch(first: number, second: number): Instruction {
  if ((second & 0xd000) === 0xd000) return instruction(4, 'call');
  if ((first & 0xfff0) === 0xf3a0) return arithmetic(null, 4); // NOP and other hints
  if ((second & 0xd000) === 0x8000 && (first & 0x0380) === 0x0380) return instruction(4, 'system'); // MSR, MRS, barriers
  return instruction(4, 'branch'); // also the loops with low overhead of ARMv8.1-M
}

/** Floating point is on coprocessors 10 and 11; everything else in this space is the vector extension of ARMv8.1-M. */
function decodeCoprocessor(first: number, second: number): Instruction {
  const coprocessor = (second >> 8) & 15;
  const load = (first & 0x10) !== 0;
  const moves = (first & 0x0200) === 0; // between registers and memory, or two core registers
  if ((first & 0x0300) === 0x0300 || (coprocessor !== 10 && coprocessor !== 11)) {
    return moves && coprocessor >= 14 ? many(load, 4, false, 4) : instruction(4, 'vector');
  }
  if (!moves) return instruction(4, floatKind(first, second));
  if ((first & 0x01e0) === 0x0040) return instruction(4, 'float'); // two core registers at once
  const words = (first & 0x0120) === 0x0100 ? coprocessor - 9 : second & 0xff; // VLDR, VSTR; otherwise lists
  return many(load, words, false, 4);
}

function floatKind(first: number, second: number): Kind {
  if ((second & 0x10) !== 0 || first >= 0xfe00) return 'float'; // moves, and selections of ARMv8-M
  const operation = first & 0xb0;
  if (operation === 0x80 || ((first & 0xbf) === 0xb1 && (second & 0xc0) === 0xc0)) return 'float-divide';
  return [0x00, 0x10, 0x90, 0xa0].includes(operation) ? 'float-multiply-add' : 'float';
}

/**
 * Decodes RV32 instructions with compressed ones as far as the histogram needs it. Encodings: The RISC-V Instruction Set Manual,
 * volume I, chapters "RV32/64G Instruction Set Listings" and "C".
 */
import { instruction, type Instruction, type Kind } from './instruction.ts';

/** @param first halfword @param second halfword behind it; looked at only where the first says that it belongs to it */
export function decodeRiscv(first: number, second: number): Instruction {
  return (first & 3) === 3 ? instruction(4, longKind(first, second)) : instruction(2, shortKind(first));
}

function longKind(first: number, second: number): Kind {
  const multiplies = second >> 9 === 1;
  switch (first & 0x7f) {
    case 0x03:
    case 0x07:
      return 'load';
    case 0x23:
    case 0x27:
      return 'store';
    case 0x63:
    case 0x67:
      return 'branch';
    case 0x6f:
      return (first & 0x0f80) === 0 ? 'branch' : 'call';
    case 0x33:
      if (!multiplies) return 'arithmetic';
      return (first & 0x4000) === 0 ? 'multiply' : 'divide';
    case 0x43:
    case 0x47:
    case 0x4b:
    case 0x4f:
      return 'float-multiply-add';
    case 0x53:
      return 'float';
    case 0x0f:
    case 0x73:
      return 'system';
    case 0x57:
      return 'vector';
    default:
      return 'arithmetic';
  }
}

function shortKind(half: number): Kind {
  const operation = half >> 13;
  switch (half & 3) {
    case 0:
      return operation === 0 || operation === 4 ? 'arithmetic' : operation < 4 ? 'load' : 'store';
    case 1:
      return operation === 1 ? 'call' : operation >= 5 ? 'branch' : 'arithmetic';
    default:
      if (operation === 4) return (half & 0x7c) === 0 ? 'branch' : 'arithmetic';
      return operation === 0 ? 'arithmetic' : operation < 4 ? 'load' : 'store';
  }
}

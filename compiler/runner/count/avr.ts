/** Decodes AVR instructions as far as the histogram needs it. Encodings: AVR Instruction Set Manual, DS40002198. */
import { instruction, type Instruction, type Kind } from './instruction.ts';

/** @param first word of the instruction; lds, sts, jmp and call have a second one */
export function decodeAvr(first: number): Instruction {
  const isDirect = (first & 0xfc0f) === 0x9000;
  const isFar = (first & 0xfe0c) === 0x940c;
  return instruction(isDirect || isFar ? 4 : 2, kindOf(first));
}

function kindOf(word: number): Kind {
  if ((word & 0xd000) === 0x8000) return (word & 0x0200) === 0 ? 'load' : 'store'; // ldd, std
  switch (word >> 12) {
    case 0x0:
      return word >= 0x0200 && word < 0x0400 ? 'multiply' : 'arithmetic';
    case 0x1:
      return word < 0x1400 ? 'branch' : 'arithmetic'; // cpse
    case 0x9:
      return kindOfNine(word);
    case 0xb:
      return (word & 0x0800) === 0 ? 'load' : 'store'; // in, out
    case 0xc:
      return 'branch';
    case 0xd:
      return 'call';
    case 0xf:
      return word < 0xf800 || word >= 0xfc00 ? 'branch' : 'arithmetic'; // brxx, sbrc, sbrs; bld, bst
    default:
      return 'arithmetic';
  }
}

function kindOfNine(word: number): Kind {
  if (word < 0x9200) return 'load'; // ld, lds, lpm, pop
  if (word < 0x9400) return 'store'; // st, sts, push
  if (word >= 0x9c00) return 'multiply';
  if ((word & 0xfe0e) === 0x940c) return 'branch'; // jmp
  if ((word & 0xfe0e) === 0x940e || word === 0x9509 || word === 0x9519) return 'call';
  if (word === 0x9409 || word === 0x9419 || word === 0x9508 || word === 0x9518) return 'branch';
  if (word === 0x95c8 || word === 0x95d8) return 'load'; // lpm, elpm
  if (word === 0x95e8 || word === 0x95f8) return 'store'; // spm
  if (word === 0x9588 || word === 0x9598 || word === 0x95a8) return 'system';
  return (word & 0xfd00) === 0x9900 ? 'branch' : 'arithmetic'; // sbic, sbis
}

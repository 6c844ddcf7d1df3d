/**
 * An ATmega without its devices, in this process: avr8js executes the instructions, one at a time and with the cycles of the
 * data sheet; this file adds memory, faults and the way out of it.
 */
import type { CPU } from 'avr8js';
import type { Run } from '../../targets/target.ts';
import type { Segment } from './elf.ts';

/** Memory of a chip, as the description of its board gives it. */
export type Chip = Omit<Extract<Run, { readonly kind: 'avr8js' }>, 'kind'>;

/** General purpose I/O registers, at the same addresses on every ATmega that has them. */
const GPIOR0 = 0x3e;
const GPIOR1 = 0x4a;
const GPIOR2 = 0x4b;

const SREG_INTERRUPTS = 0x80;
/** Registers that avr8js adds to the RAM it is told. */
const AVR8JS_REGISTER_BYTES = 0x100;
const DATA_ADDRESSES = 0x10000;
const DATA_IN_ELF = 0x800000;
const ERASED = 0xffff;
const BREAK = 0x9598;
/** `rjmp .-2`: a jump to itself, from which only an interrupt leads away. */
const JUMP_TO_ITSELF = 0xcfff;

export interface Machine {
  /** The data memory: registers, then RAM. */
  readonly data: Uint8Array;
  /** Executes at most so many instructions; stops earlier when `stop` is called or a fault is met. */
  readonly run: (instructions: number) => void;
  /** Ends the program: no further instruction is executed. */
  readonly stop: () => void;
  /** Ends it with a fault. */
  readonly raise: (what: string) => void;
  readonly stopped: () => boolean;
  /** The line that says what went wrong, or null. */
  readonly fault: () => string | null;
  /** Executed so far. */
  readonly instructions: () => number;
  readonly cycles: () => number;
}

/**
 * @param library the module `avr8js`, which only those load who run AVR programs
 * @param observe called after each instruction with its address in words, its cycles and the program memory
 * @param onRequest called with an address when the program writes 1 to GPIOR0; the address is in GPIOR1 (low) and GPIOR2
 */
export function createMachine(
  { CPU: Processor, avrInstruction }: typeof import('avr8js'),
  chip: Chip,
  segments: readonly Segment[],
  onRequest: (address: number) => void,
  observe: ((address: number, cycles: number, program: Uint16Array) => void) | null = null,
): Machine {
  const flash = new Uint8Array(chip.flashBytes).fill(ERASED & 0xff);
  let codeBytes = 0;
  for (const { address, bytes } of segments.filter((segment) => segment.address < DATA_IN_ELF)) {
    flash.set(bytes, address);
    codeBytes = Math.max(codeBytes, address + bytes.length);
  }
  const cpu = new Processor(new Uint16Array(flash.buffer), chip.ramOrigin - AVR8JS_REGISTER_BYTES + chip.ramBytes);
  const codeWords = Math.ceil(codeBytes / 2);
  let instructions = 0;
  let ended = false;
  let problem: string | null = null;
  const raise = (what: string): void => {
    problem ??= faultLine(cpu, what);
    ended = true;
  };
  cpu.writeHooks[GPIOR0] = (value) => {
    if (value === 1) onRequest((cpu.data[GPIOR1] as number) | ((cpu.data[GPIOR2] as number) << 8));
  };
  for (let address = cpu.data.length; address < DATA_ADDRESSES; address += 1) {
    cpu.readHooks[address] = () => {
      raise(`it reads address ${hex(address)}, where no memory is`);
      return 0;
    };
    cpu.writeHooks[address] = () => raise(`it writes address ${hex(address)}, where no memory is`);
  }
  const run = (most: number): void => {
    const last = instructions + most;
    while (!ended && instructions < last) {
      const opcode = cpu.progMem[cpu.pc];
      if (cpu.pc >= codeWords) raise('it left its code');
      else if (opcode === BREAK) raise('a break instruction: abort, or a trap of the compiler');
      else if (opcode === JUMP_TO_ITSELF && (cpu.SREG & SREG_INTERRUPTS) === 0) raise('it waits forever, with interrupts off');
      else if (observe === null) avrInstruction(cpu);
      else {
        const [address, before] = [cpu.pc, cpu.cycles];
        avrInstruction(cpu);
        observe(address, cpu.cycles - before, cpu.progMem);
      }
      instructions += 1;
    }
  };
  return {
    data: cpu.data,
    run,
    stop: () => {
      ended = true;
    },
    raise,
    stopped: () => ended,
    fault: () => problem,
    instructions: () => instructions,
    cycles: () => cpu.cycles,
  };
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

/** Addresses in bytes, as avr-objdump prints them. */
function faultLine(cpu: CPU, what: string): string {
  return `fault: pc=${hex(cpu.pc * 2)} sp=${hex(cpu.SP)} ${what}`;
}

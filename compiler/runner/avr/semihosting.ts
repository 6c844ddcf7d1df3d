/**
 * What a program on AVR may ask for: the operations of Arm's semihosting that targets/shared/semihosting/board.c uses. A request
 * in the data memory is [operation, argument, result], each 32 bits, least significant byte first; targets/shared/avr/startup.c
 * is the other side.
 */
import type { Machine } from './machine.ts';

const OPERATIONS: Readonly<Record<number, 'open' | 'close' | 'print' | 'write' | 'read' | 'exit'>> = {
  0x01: 'open',
  0x02: 'close',
  0x04: 'print',
  0x05: 'write',
  0x06: 'read',
  0x20: 'exit',
};

const REQUEST_BYTES = 12;
const HANDLES: Readonly<Record<string, number>> = { 'input.bin': 1, 'output.bin': 2 };
const FAILED = -1;

/** The console and the two files of one run, in memory. */
export interface Host {
  /** Answers the request at an address of the data memory. A request that is none raises a fault of the machine. */
  readonly answer: (machine: Pick<Machine, 'data' | 'stop' | 'raise'>, address: number) => void;
  /** What the program said at its end; null as long as it runs. */
  readonly exitCode: () => number | null;
  readonly text: () => string;
  readonly outputBytes: () => number;
  /** Everything written to output.bin, in a buffer of its own. */
  readonly output: () => Uint8Array;
}

/** @param input the bytes of input.bin */
export function createHost(input: Uint8Array): Host {
  const parts: Uint8Array[] = [];
  let inputBytes = 0;
  let outputBytes = 0;
  let text = '';
  let exitCode: number | null = null;

  const perform = (data: Uint8Array, view: DataView, operation: number, argument: number): number => {
    const field = (index: number): number => view.getUint32(argument + index * 4, true);
    const slice = (address: number, count: number): Uint8Array => {
      if (address + count > data.length) throw new RangeError('outside memory');
      return data.subarray(address, address + count);
    };
    switch (OPERATIONS[operation]) {
      case 'open':
        return HANDLES[asciiText(slice(field(0), field(2)))] ?? FAILED;
      case 'close':
        return 0;
      case 'print':
        text += asciiText(data.subarray(argument, data.indexOf(0, argument)));
        return 0;
      case 'write':
        parts.push(slice(field(1), field(2)).slice());
        outputBytes += field(2);
        return 0;
      case 'read': {
        const bytes = input.subarray(inputBytes, inputBytes + field(2));
        slice(field(1), field(2)).set(bytes);
        inputBytes += bytes.length;
        return field(2) - bytes.length;
      }
      case 'exit':
        exitCode = field(1) & 0xff;
        return 0;
      default:
        throw new RangeError('no such operation');
    }
  };

  return {
    answer: (machine, address) => {
      const { data } = machine;
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      try {
        const result = perform(data, view, view.getUint32(address, true), view.getUint32(address + 4, true));
        view.setInt32(address + REQUEST_BYTES - 4, result, true);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        machine.raise(`a request to the emulator that is none: ${error.message}`);
      }
      if (exitCode !== null) machine.stop();
    },
    exitCode: () => exitCode,
    text: () => text,
    outputBytes: () => outputBytes,
    output: () => new Uint8Array(Buffer.concat(parts)),
  };
}

function asciiText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** Runs a program for AVR to its end, in this process but without holding it up. */
import { readFile } from 'node:fs/promises';
import type { Profile } from '../count/profile.ts';
import { createAvrCounter } from './count.ts';
import { loadedSegments } from './elf.ts';
import { createMachine, type Chip } from './machine.ts';
import { createHost } from './semihosting.ts';

export interface AvrRequest {
  /** The bytes of input.bin. */
  readonly input: Uint8Array;
  readonly timeoutSeconds: number;
  /** Called between slices of the program with the number of bytes in output.bin. */
  readonly onProgress: (outputBytes: number) => void;
  /** Also counts what runs between marks. */
  readonly count: boolean;
}

export interface AvrResult {
  /** Null if the program was ended because it took too long. */
  readonly exitCode: number | null;
  readonly output: Uint8Array;
  /** What it printed, and a line about the fault if there was one. */
  readonly text: string;
  /** Executed from reset to the end. */
  readonly instructions: number;
  /** Clock cycles of the chip, by its data sheet. */
  readonly cycles: number;
  /** Null unless it was counted, undefined when the program ended between two marks. */
  readonly profile: Profile | null | undefined;
}

/** A few hundredths of a second: between slices timers fire and the process can be interrupted. */
const SLICE_INSTRUCTIONS = 200_000;
/** As in targets/shared/board.h. */
const EXIT_FAULT = 99;

export async function runAvr(elf: string, chip: Chip, { input, timeoutSeconds, onProgress, count }: AvrRequest): Promise<AvrResult> {
  const host = createHost(input);
  const counter = count ? createAvrCounter() : null;
  const answer = (address: number): void => host.answer(machine, address);
  const segments = loadedSegments(await readFile(elf));
  const machine = createMachine(await import('avr8js'), chip, segments, answer, counter?.observe ?? null);
  const end = Date.now() + timeoutSeconds * 1000;
  while (!machine.stopped() && Date.now() < end) {
    machine.run(SLICE_INSTRUCTIONS);
    onProgress(host.outputBytes());
    await new Promise((resolve) => setImmediate(resolve));
  }
  const fault = machine.fault();
  return {
    exitCode: fault === null ? host.exitCode() : EXIT_FAULT,
    output: host.output(),
    text: fault === null ? host.text() : `${host.text()}${fault}\n`,
    instructions: machine.instructions(),
    cycles: machine.cycles(),
    profile: counter === null ? null : counter.profile(),
  };
}

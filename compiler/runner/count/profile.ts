/** What ran between marks, as a counter saw it: pieces of straight code, how often they ran, how often they were left by a jump. */

export type Architecture = 'arm' | 'riscv32' | 'avr';

/** Code without jumps inside. */
export interface Piece {
  readonly address: number;
  readonly code: Uint8Array;
}

export interface Ran {
  readonly piece: Piece;
  readonly times: number;
  /** How often something else than the next instruction in memory followed. */
  readonly jumps: number;
  /** Clock cycles of all its runs, where the counter knows them. */
  readonly cycles?: number;
}

/** Everything between two marks. */
export type Region = readonly Ran[];

export interface Profile {
  readonly architecture: Architecture;
  /** For each inference its regions, in the order in which they ran. */
  readonly inferences: readonly (readonly Region[])[];
}

function bytesOf(hexadecimal: string): Uint8Array {
  return Uint8Array.from(hexadecimal.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/**
 * Reads what targets/shared/count/plugin.c writes; the format stands there.
 *
 * @returns undefined when the text is not whole: the program ended between two marks, or the file was cut
 */
export function parseProfile(text: string): Profile | undefined {
  const lines = text.split('\n');
  const architecture = /^bnnc-count 1 (arm|riscv32)$/.exec(lines[0] ?? '')?.[1] as Architecture | undefined;
  if (architecture === undefined || lines.at(-2) !== 'done' || lines.at(-1) !== '') return undefined;
  const pieces = new Map<string, Piece>();
  const inferences: Region[][] = [];
  let region: Ran[] = [];
  for (const line of lines.slice(1, -2)) {
    const [word, number = '', first = '', second = ''] = line.split(' ');
    const piece = pieces.get(number);
    if (word === 'begin') inferences.push([]);
    else if (word === 'piece') pieces.set(number, { address: Number.parseInt(first, 16), code: bytesOf(second) });
    else if (word === 'ran' && piece !== undefined) region.push({ piece, times: Number(first), jumps: Number(second) });
    else if (word === 'step' || word === 'end') {
      inferences.at(-1)?.push(region);
      region = [];
    } else return undefined;
  }
  return { architecture, inferences };
}

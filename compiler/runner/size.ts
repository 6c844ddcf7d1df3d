/** Counts flash and RAM as they are counted everywhere in bnnc: with the size tool, by difference. */
import { basename } from 'node:path';
import { execa } from 'execa';
import { fail } from '../support/diagnostics.ts';
import type { Target } from '../targets/target.ts';
import type { BuiltProgram, Language, Optimization } from './toolchain.ts';
import { buildProgram, disposeProgram } from './toolchain.ts';
import { findTool } from './tools.ts';

/** Bytes. Initialised data count twice on the chip: in flash as `data`, and again in RAM. */
export interface SectionSizes {
  /** Code. Where constants have no section of their own (AVR), they are here too. */
  readonly text: number;
  readonly rodata: number;
  readonly data: number;
  readonly bss: number;
  /** text + rodata + data. */
  readonly flash: number;
}

export interface AddedFlashRequest {
  readonly target: Target;
  /** A program that includes the header and calls its `_run`; every .c file is compiled. */
  readonly withModel: Readonly<Record<string, string>>;
  /** The same program without the model. */
  readonly withoutModel: Readonly<Record<string, string>>;
  /** Default -Os, which is what the published figures mean. */
  readonly optimization?: Optimization;
  readonly language?: Language;
  readonly includeDirectories?: readonly string[];
}

type SizeClass = 'text' | 'rodata' | 'data' | 'bss' | 'ignored';

/** The first pattern that matches a section's name decides; what matches none is code. */
const CLASSES: readonly (readonly [SizeClass, RegExp])[] = [
  ['ignored', /^\.(?:debug|comment|note|stab|symtab|strtab|shstrtab|interp|gnu|ARM\.attributes|riscv\.attributes)/],
  ['bss', /^\.(?:bss|noinit|tbss|sbss|heap|stack)/],
  ['rodata', /^\.(?:rodata|srodata|eh_frame|gcc_except_table|ARM\.ex)/],
  ['data', /^\.(?:data|tdata|sdata|init_array|fini_array|preinit_array|dynamic|got)/],
];

/**
 * What a model adds to a program: each section of `withModel` minus the same of `withoutModel`. Both are linked for
 * the same board with unused sections removed.
 *
 * @throws UserError as `buildProgram` does
 */
export async function measureAddedFlash(request: AddedFlashRequest): Promise<SectionSizes> {
  const { withModel, withoutModel, ...rest } = request;
  const options = { optimization: '-Os', ...rest } as const;
  const large = await buildProgram({ ...options, files: withModel });
  try {
    const small = await buildProgram({ ...options, files: withoutModel, board: large.board.name });
    try {
      return difference(await measureSizes(large), await measureSizes(small));
    } finally {
      await disposeProgram(small);
    }
  } finally {
    await disposeProgram(large);
  }
}

/**
 * The sizes of a whole linked program, with startup code and board functions.
 *
 * @throws UserError BNN5001 if the size tool is missing
 */
export async function measureSizes(program: BuiltProgram): Promise<SectionSizes> {
  const { size, packages } = program.target.toolchain;
  const tool = findTool({ role: 'size tool', command: size, packages });
  const result = await execa(tool, ['-A', program.elf], { all: true, reject: false, stdin: 'ignore', env: { LC_ALL: 'C' } });
  if (result.exitCode !== 0) {
    fail({
      code: 'BNN5003',
      message: `${basename(tool)} cannot read a program for ${program.target.name}`,
      details: result.all.trimEnd().split('\n'),
    });
  }
  return sumSections(result.stdout);
}

/** Reads the table that `size -A` prints: lines of name, size in bytes, address. */
export function sumSections(table: string): SectionSizes {
  const sums = { text: 0, rodata: 0, data: 0, bss: 0, ignored: 0 };
  for (const line of table.split('\n')) {
    const [, name, bytes] = /^(\S+)\s+(\d+)\s+\d+\s*$/.exec(line) ?? [];
    if (name === undefined || bytes === undefined) continue;
    const [sizeClass = 'text'] = CLASSES.find(([, pattern]) => pattern.test(name)) ?? [];
    sums[sizeClass] += Number(bytes);
  }
  return withFlash(sums);
}

function difference(large: SectionSizes, small: SectionSizes): SectionSizes {
  return withFlash({
    text: large.text - small.text,
    rodata: large.rodata - small.rodata,
    data: large.data - small.data,
    bss: large.bss - small.bss,
  });
}

function withFlash({ text, rodata, data, bss }: Omit<SectionSizes, 'flash'>): SectionSizes {
  return { text, rodata, data, bss, flash: text + rodata + data };
}

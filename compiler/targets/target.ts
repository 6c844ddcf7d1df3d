/**
 * What a target is: a folder with a `target.json` of this shape. Adding one edits no code.
 */
import { z } from 'zod';

/** What to install, as the argument of `apt install`, `brew install` and `winget install`; null where no package is known. */
export interface Packages {
  readonly apt: string;
  readonly brew: string | null;
  readonly winget: string | null;
}

/** How a linked program is run: as a process of this computer, in an emulator, by avr8js inside bnnc, or not at all. */
export type Run =
  | { readonly kind: 'process' }
  | {
      readonly kind: 'emulator';
      readonly command: string;
      /** `{elf}` stands for the path of the program. */
      readonly args: readonly string[];
      readonly packages: Packages;
    }
  | {
      readonly kind: 'avr8js';
      /** Bytes of the chip, as its data sheet gives them. */
      readonly flashBytes: number;
      /** Address of the first byte of RAM in the data memory: below are registers. */
      readonly ramOrigin: number;
      readonly ramBytes: number;
    }
  | { readonly kind: 'none' };

/** One machine that programs of the target are linked for. Its paths are relative to the folder of the target; see `describedFile`. */
export interface Board {
  readonly name: string;
  /** One or two sentences: what it is, how much memory it has. */
  readonly doc: string;
  /** C files that start the program and implement `board.h`. */
  readonly sources: readonly string[];
  /** Compiler flags for `sources` only. */
  readonly flags: readonly string[];
  /** For everything that is compiled or linked for this board, behind the flags of the toolchain: what names the chip. */
  readonly codeFlags: readonly string[];
  readonly linkFlags: readonly string[];
  /** Null for the compiler's own. */
  readonly linkerScript: string | null;
  /** Values of the symbols that the linker script reads (addresses and sizes in bytes). */
  readonly symbols: Readonly<Record<string, number>>;
  readonly run: Run;
}

/** The programs that build for a target. */
export interface Toolchain {
  /** Command of the C compiler, which also links. */
  readonly compiler: string;
  /** Command of the tool that lists sections, with the options of GNU `size`. */
  readonly size: string;
  /** What decides about the code: processor, float ABI. Given to every compilation and to the linker. */
  readonly flags: readonly string[];
  readonly linkFlags: readonly string[];
  /** Packages with the compiler, the size tool and the C library. */
  readonly packages: Packages;
}

export interface TableLimits {
  readonly allBytes: number;
  readonly eachBytes: number;
}

/** A kind of processor that headers are compiled for. Pure data. */
export interface Target {
  /** Name of its folder. */
  readonly name: string;
  /** Absolute path of its folder: belongs to this computer, so it never goes into a result. */
  readonly folder: string;
  readonly title: string;
  /** One or two sentences for `bnnc targets`. */
  readonly doc: string;
  /** Bits of a machine register: what one instruction adds. */
  readonly wordBits: 8 | 16 | 32 | 64;
  /** Bits of C's `int`. */
  readonly intBits: 16 | 32;
  /** What kernels may ask for, such as `fpu`, `dsp`, `thumb1`, `progmem`. An open list. */
  readonly features: readonly string[];
  /** What a user's part of this kind has, in bytes, for the check whether a model fits; null is no limit. */
  readonly memory: { readonly flashBytes: number | null; readonly ramBytes: number | null };
  /** Bytes of tables that programs can address, in all and in one of them; absent where the size of the flash is the only limit. */
  readonly tables?: TableLimits | undefined;
  readonly toolchain: Toolchain;
  /** In order of preference: a program is linked for the first board that has room for it. At least one. */
  readonly boards: readonly Board[];
}

const packages = z.strictObject({ apt: z.string().min(1), brew: z.string().min(1).nullable(), winget: z.string().min(1).nullable() });

const run = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('process') }),
  z
    .strictObject({
      kind: z.literal('emulator'),
      command: z.string().min(1),
      args: z.array(z.string()).refine((args) => args.some((arg) => arg.includes('{elf}')), 'no argument contains {elf}'),
      /** What `{machine}` in `args` stands for, so that boards of one emulator can share the rest. */
      machine: z.string().min(1).optional(),
      packages,
    })
    .refine(({ args, machine }) => machine !== undefined || !args.some((arg) => arg.includes('{machine}')), 'it needs "machine"')
    .transform(({ machine = '', args, ...rest }) => ({ ...rest, args: args.map((arg) => arg.replaceAll('{machine}', machine)) })),
  z.strictObject({
    kind: z.literal('avr8js'),
    flashBytes: z.int().multipleOf(2).positive(),
    ramOrigin: z.int().min(0x100),
    ramBytes: z.int().positive(),
  }),
  z.strictObject({ kind: z.literal('none') }),
]);

const board = z.strictObject({
  name: z.string().min(1),
  doc: z.string().min(1),
  sources: z.array(z.string()),
  flags: z.array(z.string()),
  codeFlags: z.array(z.string()).default([]),
  linkFlags: z.array(z.string()),
  linkerScript: z.string().nullable(),
  symbols: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.int().nonnegative()),
  run,
});

const bytes = z.int().positive().nullable();

/** The shape of target.json: a `Target` without what its place says (`name`, `folder`). */
export const targetSchema: z.ZodType<Omit<Target, 'name' | 'folder'>> = z.strictObject({
  title: z.string().min(1),
  doc: z.string().min(1),
  wordBits: z.union([z.literal(8), z.literal(16), z.literal(32), z.literal(64)]),
  intBits: z.union([z.literal(16), z.literal(32)]),
  features: z.array(z.string().regex(/^[a-z][a-z0-9-]*$/)),
  memory: z.strictObject({ flashBytes: bytes, ramBytes: bytes }),
  tables: z.strictObject({ allBytes: z.int().positive(), eachBytes: z.int().positive() }).optional(),
  toolchain: z.strictObject({
    compiler: z.string().min(1),
    size: z.string().min(1),
    flags: z.array(z.string()),
    linkFlags: z.array(z.string()),
    packages,
  }),
  boards: z.array(board).min(1),
});

/** Whether programs for the target can be run, or only compiled and measured. */
export function canRun(target: Target): boolean {
  return target.boards.some((candidate) => candidate.run.kind !== 'none');
}

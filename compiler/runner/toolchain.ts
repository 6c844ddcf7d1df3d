/** Builds C for a target: compile each file, then link for the first board with room. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { fail } from '../support/diagnostics.ts';
import { describedFile, targetsFolder } from '../targets/description.ts';
import type { Board, Target } from '../targets/target.ts';
import { createTemporaryFolder, removeTemporaryFolder } from './temporary.ts';
import { findTool, installHelp } from './tools.ts';

/** A value of `-std=`. With a C++ standard every file is compiled as C++. */
export type Language = 'c99' | 'c11' | 'c17' | 'gnu99' | 'gnu11' | 'gnu17' | 'c++11' | 'c++14' | 'c++17' | 'c++20' | 'gnu++11' | 'gnu++17';

export type Optimization = '-O0' | '-O1' | '-O2' | '-O3' | '-Os';

export interface BuildRequest {
  readonly target: Target;
  /** File name (may have folders, with `/`) to text. Every .c and .cpp file is compiled and linked; the others are there to be included. */
  readonly files: Readonly<Record<string, string>>;
  /** Default -O2. */
  readonly optimization?: Optimization;
  /** Default c99. */
  readonly language?: Language;
  /** For compiling `files` and for linking, after all other flags. Not for the sources of the board. */
  readonly extraFlags?: readonly string[];
  /** Absolute paths. The folder of `board.h` is always there. */
  readonly includeDirectories?: readonly string[];
  /** A command to use instead of the target's own compiler, such as `clang`. */
  readonly compiler?: string;
  /** Name of the only board to link for. Default: the first of the target's boards that has room. */
  readonly board?: string;
}

/** A linked program. `disposeProgram` removes it; the end of the process does too. */
export interface BuiltProgram {
  readonly target: Target;
  readonly board: Board;
  /** Absolute path. */
  readonly elf: string;
  /** The temporary folder that holds sources and program. */
  readonly directory: string;
}

/** Lines of a compiler's output that go into a message. */
const SHOWN_LINES = 15;

/** What linkers say when a program is too large for a memory region (GNU ld, and the assertion of our own script). */
const TOO_LARGE =
  /region .* overflowed|will not fit in region|region ram leaves too little room|address .* of .* section .* is not within region/;

/** What compilers say when the C library of the target is not installed. */
const NO_LIBRARY = /fatal error: '?(?:string|stdio|stdlib|math)\.h'?(?::| file not found)|cannot read spec file|cannot find -lc/;

/**
 * Compiles and links a program in a new temporary folder.
 *
 * @throws UserError BNN5001 if the compiler or its C library is missing, BNN5003 if the files do not compile or link,
 *   BNN3001 if the program is too large for every board
 */
export async function buildProgram(request: BuildRequest): Promise<BuiltProgram> {
  const { target } = request;
  const candidates = target.boards.filter((board) => request.board === undefined || board.name === request.board);
  if (candidates.length === 0) throw new Error(`the target ${target.name} has no board ${request.board}`);
  const compiler = findTool({
    role: 'compiler',
    command: request.compiler ?? target.toolchain.compiler,
    packages: target.toolchain.packages,
  });
  const directory = createTemporaryFolder();
  try {
    writeFiles(request.files, directory);
    /** Boards whose code has the same flags share the object files. */
    const compiled = new Map<string, readonly string[]>();
    let problem = '';
    for (const board of candidates) {
      const elf = join(directory, `program-${board.name}.elf`);
      const key = JSON.stringify(board.codeFlags);
      const objects = compiled.get(key) ?? (await compileFiles(compiler, request, board, directory, compiled.size));
      compiled.set(key, objects);
      problem = await link(compiler, request, board, [...objects, ...(await boardObjects(compiler, target, board, directory))], elf);
      if (problem === '') return { target, board, elf, directory };
    }
    return fail({
      code: 'BNN3001',
      message: `the program is too large for ${candidates.map((board) => board.name).join(', ')} (target ${target.name})`,
      details: [...new Set(firstLines(problem).map((line) => line.replaceAll(`${directory}/`, '').replace(/^\S*\/ld: /, '')))],
      notes: ['The program holds the tables, the code, the workspace, and one input and one output buffer.'],
      help: 'Choose a target with more memory, or a narrower network.',
    });
  } catch (error) {
    await removeTemporaryFolder(directory);
    throw error;
  }
}

/** Removes the folder of a program and everything its runs left there. */
export async function disposeProgram(program: BuiltProgram): Promise<void> {
  await removeTemporaryFolder(program.directory);
}

function writeFiles(files: Readonly<Record<string, string>>, directory: string): void {
  for (const [name, text] of Object.entries(files)) {
    const path = resolve(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** Object files of the request's files, which are in `directory`; `pass` keeps those for one board from those for another. */
async function compileFiles(
  compiler: string,
  request: BuildRequest,
  { codeFlags }: Board,
  directory: string,
  pass: number,
): Promise<readonly string[]> {
  const { target, files, optimization = '-O2', language = 'c99', extraFlags = [], includeDirectories = [] } = request;
  const sources = Object.keys(files).filter((name) => /\.(?:c|cpp)$/.test(name));
  // Nothing that we generate throws: without this, g++ asks for the unwinder of a C++ library.
  const languageFlags = language.includes('++') ? ['-x', 'c++', '-fno-exceptions'] : [];
  const includes = ['.', join(targetsFolder(), 'shared'), ...includeDirectories].map((folder) => `-I${folder}`);
  const objects = sources.map((_, index) => join(directory, `unit-${pass}-${index}.o`));
  const outputs = await Promise.all(
    sources.map((name, index) => {
      const code = [...target.toolchain.flags, ...codeFlags];
      const flags = [...languageFlags, `-std=${language}`, optimization, ...code, ...includes, ...extraFlags];
      return runCompiler(compiler, [...flags, '-c', name, '-o', objects[index] ?? ''], directory);
    }),
  );
  // After all have ended: the folder is removed when the build is refused.
  outputs.forEach((output, index) => {
    if (output !== undefined) refuse(compiler, target, `compile ${sources[index]}`, output);
  });
  return objects;
}

/** Object files of boards, as bytes: a folder of their own would outlive a process that is killed. */
const compiledBoards = new Map<string, Promise<readonly Uint8Array[]>>();

/** The startup code and the board API as object files in `directory`; compiled once in the life of the process. */
async function boardObjects(compiler: string, target: Target, board: Board, directory: string): Promise<readonly string[]> {
  const key = JSON.stringify([compiler, target.folder, target.toolchain.flags, board]);
  const compiled = compiledBoards.get(key) ?? compileBoard(compiler, target, board);
  compiledBoards.set(key, compiled);
  return (await compiled).map((bytes, index) => {
    const object = join(directory, `${board.name}-${index}.o`);
    writeFileSync(object, bytes);
    return object;
  });
}

async function compileBoard(compiler: string, target: Target, board: Board): Promise<readonly Uint8Array[]> {
  const directory = createTemporaryFolder();
  const compile = async (source: string, index: number): Promise<Uint8Array> => {
    const object = join(directory, `board-${index}.o`);
    const flags = ['-std=c99', '-O2', ...target.toolchain.flags, ...board.codeFlags, ...board.flags];
    const output = await runCompiler(compiler, [...flags, '-c', describedFile(target.folder, source), '-o', object], directory);
    if (output !== undefined) refuse(compiler, target, `compile ${basename(source)} of the board ${board.name}`, output);
    return readFileSync(object);
  };
  // Settled, not all: nothing may still write into the folder when it is removed.
  const results = await Promise.allSettled(board.sources.map(compile));
  await removeTemporaryFolder(directory);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** Returns '' if the program was linked, and what the linker says if it is too large for the board. */
async function link(compiler: string, request: BuildRequest, board: Board, objects: readonly string[], elf: string): Promise<string> {
  const { target, optimization = '-O2', extraFlags = [] } = request;
  const symbols = Object.entries(board.symbols).map(([name, value]) => `-Wl,--defsym=${name}=${value}`);
  const script = board.linkerScript === null ? [] : ['-T', describedFile(target.folder, board.linkerScript)];
  const { flags: codeFlags, linkFlags } = target.toolchain;
  const flags = [optimization, ...codeFlags, ...board.codeFlags, ...linkFlags, ...board.linkFlags, ...symbols, ...script];
  const output = await runCompiler(compiler, [...flags, ...extraFlags, ...objects, '-o', elf], dirname(elf));
  if (output === undefined) return '';
  return TOO_LARGE.test(output) ? output : refuse(compiler, target, 'link the program', output);
}

/** Returns what the compiler printed if it failed, and undefined if all went well. */
async function runCompiler(compiler: string, args: readonly string[], cwd: string): Promise<string | undefined> {
  // Messages in English, whatever the user's language: TOO_LARGE and NO_LIBRARY read them.
  const result = await execa(compiler, args, { cwd, all: true, reject: false, stdin: 'ignore', env: { LC_ALL: 'C' } });
  return result.exitCode === 0 ? undefined : result.all || result.message || 'the compiler did not start';
}

function refuse(compiler: string, target: Target, what: string, output: string): never {
  const name = basename(compiler);
  if (NO_LIBRARY.test(output)) {
    return fail({
      code: 'BNN5001',
      message: `the C library of ${name} is not installed`,
      details: firstLines(output),
      help: installHelp(target.toolchain.packages),
    });
  }
  return fail({ code: 'BNN5003', message: `${name} cannot ${what} for ${target.name}`, details: firstLines(output) });
}

function firstLines(output: string): readonly string[] {
  const lines = output.trimEnd().split('\n');
  const rest = lines.length - SHOWN_LINES;
  return rest > 0 ? [...lines.slice(0, SHOWN_LINES), `(${rest} more lines)`] : lines;
}

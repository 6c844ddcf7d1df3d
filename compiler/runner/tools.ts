/** Finds the programs that bnnc calls, and says what to install when one is missing. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { execa } from 'execa';
import { fail } from '../support/diagnostics.ts';
import type { Packages, Target } from '../targets/target.ts';

/** A program that a target needs. */
export interface Tool {
  readonly role: 'compiler' | 'size tool' | 'emulator';
  readonly command: string;
  readonly packages: Packages;
}

/** Whether a tool is there, for `bnnc doctor`. */
export interface ToolStatus extends Tool {
  /** Absolute path, or undefined if the tool is missing. */
  readonly path: string | undefined;
  /** First line of what it says about its version. */
  readonly version: string | undefined;
}

/** Every program that the target's toolchain and boards name, each once. */
export function toolsOf(target: Target): readonly Tool[] {
  const { compiler, size, packages } = target.toolchain;
  const emulators = target.boards.flatMap(({ run }): Tool[] =>
    run.kind === 'emulator' ? [{ role: 'emulator', command: run.command, packages: run.packages }] : [],
  );
  const tools: readonly Tool[] = [
    { role: 'compiler', command: compiler, packages },
    { role: 'size tool', command: size, packages },
    ...emulators,
  ];
  return tools.filter((tool, index) => tools.findIndex((other) => other.command === tool.command) === index);
}

/** The tools of a target that are not installed. */
export function missingTools(target: Target): readonly Tool[] {
  return toolsOf(target).filter((tool) => locate(tool.command) === undefined);
}

/** Looks for every tool of a target and asks it for its version. */
export async function inspectTools(target: Target): Promise<readonly ToolStatus[]> {
  return Promise.all(
    toolsOf(target).map(async (tool): Promise<ToolStatus> => {
      const path = locate(tool.command);
      return { ...tool, path, version: path === undefined ? undefined : await versionOf(path) };
    }),
  );
}

/**
 * The absolute path of a tool.
 *
 * @throws UserError BNN5001 (compiler, size tool) or BNN5002 (emulator) with the packages to install
 */
export function findTool(tool: Tool): string {
  const path = locate(tool.command);
  if (path !== undefined) return path;
  return fail({
    code: tool.role === 'emulator' ? 'BNN5002' : 'BNN5001',
    message: `the ${tool.role} ${tool.command} is not installed, or not on the PATH`,
    help: installHelp(tool.packages),
  });
}

/** One line for a person: how to install on Debian and Ubuntu, macOS, Windows. */
export function installHelp({ apt, brew, winget }: Packages): string {
  const ways = [`apt install ${apt} (Debian, Ubuntu)`];
  if (brew !== null) ways.push(`brew install ${brew} (macOS)`);
  if (winget !== null) ways.push(`winget install ${winget} (Windows)`);
  return `Install it with: ${ways.join('; ')}.`;
}

async function versionOf(path: string): Promise<string | undefined> {
  const { stdout, exitCode } = await execa(path, ['--version'], { reject: false, timeout: 10_000, stdin: 'ignore' });
  return exitCode === 0 ? stdout.split('\n')[0]?.trim() : undefined;
}

/** Searches the PATH, as a shell would. */
function locate(command: string): string | undefined {
  const folders = isAbsolute(command) ? [''] : (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const suffixes = process.platform === 'win32' ? ['.exe', ''] : [''];
  return folders.flatMap((folder) => suffixes.map((suffix) => join(folder, `${command}${suffix}`))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

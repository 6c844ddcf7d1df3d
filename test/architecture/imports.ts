/** Who may import whom in compiler/, and which package has its one home where. */
import { isBuiltin } from 'node:module';
import { SyntaxKind, type Project, type SourceFile, type StringLiteral } from 'ts-morph';
import type { Violation } from './violation.ts';

/** A room is a folder of compiler/. `top` are the files beside the folders: index.ts and main.ts. */
export const ROOMS = {
  support: [],
  ir: ['support'],
  targets: ['support'],
  frontends: ['ir', 'support'],
  passes: ['ir', 'support'],
  kernels: ['ir', 'targets', 'support'],
  plan: ['ir', 'kernels', 'targets', 'support'],
  emit: ['plan', 'support'],
  report: ['plan', 'support'],
  runner: ['targets', 'support'],
  driver: ['support', 'ir', 'targets', 'frontends', 'passes', 'kernels', 'plan', 'emit', 'report', 'runner'],
  cli: ['driver', 'report', 'targets', 'support'],
  top: ['cli', 'driver', 'targets', 'support'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

type Room = keyof typeof ROOMS;

/** Why a room may not see more, shown with a violation. */
const REASONS: Readonly<Record<Room, string>> = {
  support: 'it is the ground floor, usable from everywhere',
  ir: 'what a network means does not depend on where it came from or where it runs',
  targets: 'a target is data',
  frontends: 'a frontend knows file formats and nothing else',
  passes: 'a pass knows meaning and nothing else',
  kernels: 'a kernel proposes; the plan decides',
  plan: 'the plan takes every decision and prints nothing',
  emit: 'emission prints a Plan and decides nothing, so it sees neither graph nor kernels',
  report: 'a report shows a Plan',
  runner: 'the runner builds and runs C, whatever network it came from',
  driver: 'the driver joins the rooms and knows no command line',
  cli: 'the command line is a thin layer over the driver',
  top: 'entry points only hand over',
};

/** Folders of compiler/ in which a package may be imported. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  handlebars: ['emit'],
  'ts-morph': ['emit'],
  yargs: ['cli'],
  picocolors: ['cli'],
  execa: ['runner'],
  avr8js: ['runner/avr'],
  'onnxruntime-node': ['runner'],
  '@bufbuild/protobuf': ['frontends/onnx', 'frontends/tensorflow'],
  zod: ['targets', 'frontends/json'],
  fflate: ['support'],
};

const FILE_SYSTEM = new Set(['node:fs', 'node:fs/promises']);
const FILE_SYSTEM_ROOMS = ['cli', 'targets', 'emit', 'runner'];
/** Builtins without effect on the world, and `os` for the temporary folder. */
const BUILTINS = new Set(['node:path', 'node:url', 'node:crypto', 'node:zlib', 'node:os', 'node:module', ...FILE_SYSTEM]);

interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Static and dynamic imports, re-exports and import types, with a literal path. */
function importsOf(file: SourceFile): readonly Import[] {
  return file.getImportStringLiterals().map((literal: StringLiteral) => ({
    specifier: literal.getLiteralValue(),
    line: literal.getStartLineNumber(),
  }));
}

function roomOf(path: string): Room | undefined {
  const parts = path.split('/');
  const [first = ''] = parts;
  if (parts.length === 1) return 'top';
  return Object.hasOwn(ROOMS, first) ? (first as Room) : undefined;
}

/** `emit/c.ts` + `../plan/plan.ts` → `plan/plan.ts`; undefined when it leads out of compiler/. */
function resolveInside(from: string, specifier: string): string | undefined {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..' && parts.pop() === undefined) return undefined;
    if (part !== '..' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function problemOf(path: string, room: Room, specifier: string): string | undefined {
  if (specifier.startsWith('.')) {
    const target = resolveInside(path, specifier);
    if (target === undefined) return `${specifier} is outside compiler/; what is shipped imports only what is shipped`;
    const other = roomOf(target);
    const allowed: readonly string[] = ROOMS[room];
    if (other === room || (other !== undefined && allowed.includes(other))) return undefined;
    return `${room} may import ${allowed.length === 0 ? 'nothing' : allowed.join(', ')}, not ${other ?? target}: ${REASONS[room]}`;
  }
  if (isBuiltin(specifier)) {
    if (!specifier.startsWith('node:')) return `write node:${specifier}, so that no package can take its place`;
    if (!BUILTINS.has(specifier)) return `${specifier} is not used here: programs are started with execa, and nothing talks to a network`;
    if (!FILE_SYSTEM.has(specifier) || FILE_SYSTEM_ROOMS.includes(room)) return undefined;
    return `only ${FILE_SYSTEM_ROOMS.join(', ')} touch the file system; everything else is a pure function of its arguments`;
  }
  const name = packageOf(specifier);
  const homes = HOMES[name];
  if (homes === undefined) return `the package ${name} has no home yet: name one in test/architecture/imports.ts`;
  if (homes.some((home) => path.startsWith(`${home}/`))) return undefined;
  return `the package ${name} is imported only in ${homes.join(', ')}: a dependency with one home can be replaced in one place`;
}

/** @param root absolute path of compiler/ with a slash at its end */
export function importViolations(project: Project, root: string): readonly Violation[] {
  return project.getSourceFiles().flatMap((file) => {
    const path = file.getFilePath().slice(root.length);
    const room = roomOf(path);
    const shown = `compiler/${path}`;
    if (room === undefined) return [{ file: shown, line: 1, rule: 'this folder is no room of the house: give it a row in ROOMS' }];
    return importsOf(file).flatMap(({ specifier, line }) => {
      const rule = problemOf(path, room, specifier);
      return rule === undefined ? [] : [{ file: shown, line, rule }];
    });
  });
}

/** A default export has another name in every file that imports it. */
export function defaultExportViolations(project: Project, root: string): readonly Violation[] {
  return project.getSourceFiles().flatMap((file) => {
    const symbol = file.getDefaultExportSymbol();
    if (symbol === undefined) return [];
    const line = symbol.getDeclarations()[0]?.getStartLineNumber() ?? 1;
    const rule = 'no default exports: a thing has one name, in its file and wherever it is used';
    return [{ file: `compiler/${file.getFilePath().slice(root.length)}`, line, rule }];
  });
}

/** A literal list and the type of what it lists. */
export interface List {
  /** Folder in compiler/ whose files hold one entry each. */
  readonly folder: string;
  /** Name of the list in the folder's index.ts. */
  readonly list: string;
  /** Type annotation of an entry. */
  readonly type: string;
  /** Property that repeats the file name. */
  readonly key: string;
  /** True when every file but `others` must hold an entry. */
  readonly others: readonly string[] | 'any';
}

export const LISTS: readonly List[] = [
  { folder: 'passes', list: 'PIPELINE', type: 'Pass', key: 'name', others: ['index', 'pass', 'run'] },
  { folder: 'ir/ops', list: 'OPS', type: 'OpDef', key: 'kind', others: ['index'] },
  { folder: 'kernels', list: 'KERNELS', type: 'Kernel', key: 'name', others: 'any' },
];

/** `conv2d-b1-b1` → `conv2dB1B1`. */
export function camelCase(kebab: string): string {
  return kebab.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

interface Entry {
  readonly name: string;
  readonly line: number;
  readonly key: string | undefined;
}

/** Exported constants whose annotation is the entry type. */
function entriesOf(file: SourceFile, { type, key }: List): readonly Entry[] {
  return file
    .getVariableDeclarations()
    .filter((d) => d.isExported() && d.getTypeNode()?.getText().replace(/<.*/s, '') === type)
    .map((d) => {
      const property = d.getInitializerIfKind(SyntaxKind.ObjectLiteralExpression)?.getProperty(key);
      const value = property?.asKind(SyntaxKind.PropertyAssignment)?.getInitializerIfKind(SyntaxKind.StringLiteral)?.getLiteralValue();
      return { name: d.getName(), line: d.getStartLineNumber(), key: value };
    });
}

/** Every entry is in its list, in a file of its name, under that name. */
export function listViolations(project: Project, root: string, list: List): readonly Violation[] {
  const folder = `${root}${list.folder}/`;
  const index = project.getSourceFile(`${folder}index.ts`);
  const literal = index?.getVariableDeclaration(list.list)?.getInitializer()?.getDescendantsOfKind(SyntaxKind.Identifier) ?? [];
  const listed = new Set(literal.map((identifier) => identifier.getText()));
  return project.getSourceFiles().flatMap((file) => {
    const path = file.getFilePath();
    if (!path.startsWith(folder) || path.slice(folder.length).includes('/')) return [];
    const base = file.getBaseNameWithoutExtension();
    const shown = `compiler/${path.slice(root.length)}`;
    const entries = entriesOf(file, list);
    const found: Violation[] = entries.flatMap((entry) => [
      ...(listed.has(entry.name) ? [] : [violation(entry, `${entry.name} is not in ${list.list}: the list is the architecture`)]),
      ...(entry.name === camelCase(base)
        ? []
        : [violation(entry, `${base}.ts must export ${camelCase(base)}: one thing, one file, one name`)]),
      ...(entry.key === base ? [] : [violation(entry, `its ${list.key} must be '${base}', the name of its file`)]),
    ]);
    const mayLackEntry = list.others === 'any' || list.others.includes(base);
    if (entries.length > 0 || mayLackEntry) return found;
    return [{ file: shown, line: 1, rule: `a file in ${list.folder}/ exports one ${list.type}; shared code belongs elsewhere` }];

    function violation({ line }: Entry, rule: string): Violation {
      return { file: shown, line, rule };
    }
  });
}

/** The allow-list as docs/architecture.md shows it. */
export function importTable(): string {
  return Object.entries(ROOMS)
    .filter(([room]) => room !== 'top')
    .map(([room, allowed]) => `${room.padEnd(10)}← ${allowed.length === 0 ? 'nothing' : allowed.join(' ')}`)
    .join('\n');
}

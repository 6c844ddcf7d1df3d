/** Reads a target.json together with the descriptions that it extends. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fail } from '../support/diagnostics.ts';
import { packageRoot } from '../support/package-root.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** The folder of the package in which every folder with a `target.json` is a target. */
export function targetsFolder(): string {
  return join(packageRoot(import.meta.url), 'targets');
}

/**
 * The absolute path of a file that a description names: `shared/...` is bnnc's own `targets/shared`, wherever the description
 * is; any other path is relative to `folder`, the folder of the target.
 */
export function describedFile(folder: string, path: string): string {
  return path.startsWith('shared/') ? join(targetsFolder(), path) : resolve(folder, path);
}

/** A name without slash or dot is one of bnnc's targets. */
function baseFile(folder: string, base: string): string {
  return /^[\w-]+$/.test(base) ? join(targetsFolder(), base, 'target.json') : describedFile(folder, base);
}

/**
 * The content of a target.json. An object in it may say `"extends": BASE`, a file or one of bnnc's targets: it then has
 * everything that the object there has, and its own members come on top. Objects are merged member by member; anything else replaces what is below it.
 *
 * @throws UserError BNN3004 for a file that cannot be read, is not JSON, or extends itself
 */
export function readDescription(name: string, folder: string): unknown {
  return readJson(name, folder, join(folder, 'target.json'), []);
}

function readJson(name: string, folder: string, file: string, below: readonly string[]): unknown {
  const refuse = (reason: string): never =>
    fail({
      code: 'BNN3004',
      message: `the description of the target "${name}" cannot be read`,
      origin: { file, path: '' },
      details: [reason, ...below.toReversed().map((other) => `extended by  ${other}`)],
    });
  if (below.includes(file)) return refuse('this file extends itself');
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  return extended(content, (path) => readJson(name, folder, baseFile(folder, path), [...below, file]));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function extended(value: unknown, read: (path: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((entry: unknown) => extended(entry, read));
  if (!isObject(value)) return value;
  const { extends: base, ...own } = value;
  const members = Object.fromEntries(Object.entries(own).map(([key, entry]) => [key, extended(entry, read)]));
  return typeof base === 'string' ? merged(read(base), members) : { ...(base === undefined ? {} : { extends: base }), ...members };
}

function merged(base: unknown, own: unknown): unknown {
  if (!isObject(base) || !isObject(own)) return own;
  const keys = [...new Set([...Object.keys(base), ...Object.keys(own)])];
  return Object.fromEntries(keys.map((key) => [key, key in own ? merged(base[key], own[key]) : base[key]]));
}

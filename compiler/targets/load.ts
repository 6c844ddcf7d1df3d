/** Finds and reads the folders of targets. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { fail } from '../support/diagnostics.ts';
import { nearest } from '../support/nearest.ts';
import { packageRoot } from '../support/package-root.ts';
import { targetSchema } from './target.ts';
import type { Target } from './target.ts';

/** The folder of the package in which every folder with a `target.json` is a target. */
export function targetsFolder(): string {
  return join(packageRoot(import.meta.url), 'targets');
}

/** Names of all targets, sorted. */
export function listTargets(root: string = targetsFolder()): readonly string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, entry.name, 'target.json')))
    .map((entry) => entry.name)
    .sort();
}

/**
 * Reads one target.
 *
 * @param name a name from `listTargets`
 * @throws UserError BNN3004 for an unknown name (with the nearest known one) and for a description that is not valid
 */
export function loadTarget(name: string, root: string = targetsFolder()): Target {
  const known = listTargets(root);
  if (!known.includes(name)) {
    const near = nearest(name, known);
    fail({
      code: 'BNN3004',
      message: `there is no target "${name}"`,
      details: [`targets  ${known.join(', ')}`],
      help: near === undefined ? '`bnnc targets` describes them.' : `Did you mean ${near}? \`bnnc targets\` describes all of them.`,
    });
  }
  const folder = join(root, name);
  const parsed = targetSchema.safeParse(readJson(name, join(folder, 'target.json')));
  if (!parsed.success) {
    fail({
      code: 'BNN3004',
      message: `the description of the target "${name}" is not valid`,
      origin: { file: join(folder, 'target.json'), path: '' },
      details: z.prettifyError(parsed.error).split('\n'),
    });
  }
  return { name, folder, ...parsed.data };
}

function readJson(name: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return fail({
      code: 'BNN3004',
      message: `the description of the target "${name}" cannot be read`,
      origin: { file, path: '' },
      details: [error instanceof Error ? error.message : String(error)],
    });
  }
}

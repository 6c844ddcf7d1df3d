/** Finds and reads the folders of targets. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { fail } from '../support/diagnostics.ts';
import { nearest } from '../support/nearest.ts';
import { readDescription, targetsFolder } from './description.ts';
import { targetSchema } from './target.ts';
import type { Target } from './target.ts';

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
  const parsed = targetSchema.safeParse(readDescription(name, folder));
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

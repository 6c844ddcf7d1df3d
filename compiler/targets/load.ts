/** Finds and reads the folders of targets. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { fail } from '../support/diagnostics.ts';
import { nearest } from '../support/nearest.ts';
import { readDescription, targetsFolder } from './description.ts';
import { targetSchema } from './target.ts';
import type { Target } from './target.ts';

/** Names of all targets, each with its folder. @throws UserError BNN3004 if `more` cannot be read or repeats a name */
function targetFolders(more: string | null): ReadonlyMap<string, string> {
  const own = foldersIn(targetsFolder());
  const theirs = more === null ? [] : foldersIn(more);
  const twice = theirs.find(([name]) => own.some(([other]) => other === name));
  if (twice !== undefined) {
    fail({
      code: 'BNN3004',
      message: `there are two targets "${twice[0]}": one of bnnc and one of yours`,
      origin: { file: twice[1], path: '' },
      help: `Give the folder another name. Its target.json may say "extends": "${twice[0]}".`,
    });
  }
  return new Map([...own, ...theirs]);
}

function foldersIn(root: string): readonly (readonly [string, string])[] {
  try {
    return readdirSync(root)
      .map((name) => [name, join(root, name)] as const)
      .filter(([, folder]) => existsSync(join(folder, 'target.json')));
  } catch (error) {
    return fail({
      code: 'BNN3004',
      message: 'the folder of targets cannot be read',
      origin: { file: root, path: '' },
      details: [error instanceof Error ? error.message : String(error)],
      help: 'It holds one folder for each target, named as the target, with a target.json in it.',
    });
  }
}

/**
 * Names of all targets, sorted.
 *
 * @param more a folder with targets besides bnnc's own
 * @throws UserError BNN3004 if `more` cannot be read or has a target with the name of one of bnnc's
 */
export function listTargets(more: string | null = null): readonly string[] {
  return [...targetFolders(more).keys()].sort();
}

/**
 * Reads one target.
 *
 * @param name a name from `listTargets`
 * @param more a folder with targets besides bnnc's own
 * @throws UserError BNN3004 for an unknown name (with the nearest known one) and for a description that is not valid
 */
export function loadTarget(name: string, more: string | null = null): Target {
  const folder = targetFolders(more).get(name);
  if (folder === undefined) {
    const known = listTargets(more);
    const near = nearest(name, known);
    return fail({
      code: 'BNN3004',
      message: `there is no target "${name}"`,
      details: [`targets  ${known.join(', ')}`],
      help: near === undefined ? '`bnnc targets` describes them.' : `Did you mean ${near}? \`bnnc targets\` describes all of them.`,
    });
  }
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

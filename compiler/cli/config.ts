/** Options from a file: bnnc.config.json in the working directory, or the `bnnc` key of package.json. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../support/diagnostics.ts';

function parseObject(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    return fail({
      code: 'BNN0001',
      message: `${path} is not valid JSON`,
      details: [error instanceof Error ? error.message : String(error)],
    });
  }
  return fail({
    code: 'BNN0001',
    message: `${path} must hold an object of options`,
    details: ['example  { "target": "cortex-m4", "input": "u8" }'],
  });
}

/** Keys are option names, as on the command line without dashes in front. The command line wins. */
export function readConfig(folder: string): Record<string, unknown> {
  const own = join(folder, 'bnnc.config.json');
  if (existsSync(own)) return parseObject(own);
  const shared = join(folder, 'package.json');
  if (!existsSync(shared)) return {};
  const value = parseObject(shared)['bnnc'];
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

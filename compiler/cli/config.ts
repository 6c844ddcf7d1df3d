/** Options from a file: bnnc.config.json in the working directory, or the `bnnc` key of package.json. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../support/diagnostics.ts';
import { nearest } from '../support/nearest.ts';
import type { Verbs } from './usage.ts';

const EXAMPLE = 'example  { "target": "cortex-m4", "input": "u8", "input-scale": "1/255" }';

function asObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  return fail({ code: 'BNN0001', message: `${what} is not an object of options`, details: [EXAMPLE] });
}

function parse(folder: string, name: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8'));
  } catch (error) {
    return fail({
      code: 'BNN0001',
      message: `${name} is not valid JSON`,
      details: [error instanceof Error ? error.message : String(error)],
    });
  }
}

/** What a command line would hold: numbers as text, and a list of numbers as one comma list. */
function asWord(key: string, value: unknown, place: string): string | boolean | readonly string[] {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value) && value.every((v) => typeof v === 'string' || typeof v === 'number')) {
    const words = value.map(String);
    return key === 'target' ? words : words.join(',');
  }
  return fail({
    code: 'BNN0001',
    message: `"${key}" in ${place} is neither text, a number, true or false, nor a list`,
    details: [EXAMPLE],
  });
}

/**
 * Keys are option names, as on the command line without dashes in front; those of other verbs are left out. The command
 * line wins.
 * @throws UserError BNN0001 or BNN0002
 */
export function readConfig(folder: string, verb: string, verbs: Verbs): Readonly<Record<string, unknown>> {
  const own = existsSync(join(folder, 'bnnc.config.json'));
  if (!own && !existsSync(join(folder, 'package.json'))) return {};
  const place = own ? 'bnnc.config.json' : 'the key "bnnc" of package.json';
  const value = own ? parse(folder, 'bnnc.config.json') : asObject(parse(folder, 'package.json'), 'package.json')['bnnc'];
  if (value === undefined) return {};
  const known = [...new Set(Object.values(verbs).flat())];
  return Object.fromEntries(
    Object.entries(asObject(value, place)).flatMap(([key, entry]) => {
      if (!known.includes(key)) {
        const near = nearest(key, known);
        return fail({
          code: 'BNN0002',
          message: `"${key}" in ${place} is no option of bnnc`,
          help: `${near === undefined ? '' : `Did you mean "${near}"? `}Keys are option names without the dashes in front, such as "input-scale".`,
        });
      }
      return verbs[verb]?.includes(key) === true ? [[key, asWord(key, entry, place)] as const] : [];
    }),
  );
}

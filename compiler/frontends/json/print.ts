/** JSON text for people: two spaces, a line for each field, lists of numbers and short objects on one line. */

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

const LONGEST_LINE = 120;

function inline(value: JsonValue): string {
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as readonly JsonValue[]).map(inline).join(', ')}]`;
  const fields = Object.entries(value).map(([key, entry]) => `${JSON.stringify(key)}: ${inline(entry)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

function isFlat(value: JsonValue): boolean {
  return typeof value !== 'object' || value === null;
}

function print(value: JsonValue, indent: string): string {
  if (typeof value !== 'object' || value === null) return inline(value);
  const entries: readonly JsonValue[] = Object.values(value);
  const line = entries.every(isFlat) || entries.length <= 2 ? inline(value) : undefined;
  if (line !== undefined && (line.length + indent.length <= LONGEST_LINE || (Array.isArray(value) && entries.every(isFlat)))) return line;
  const deeper = `${indent}  `;
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const lines = Array.isArray(value)
    ? entries.map((entry) => `${deeper}${print(entry, deeper)}`)
    : Object.entries(value).map(([key, entry]) => `${deeper}${JSON.stringify(key)}: ${print(entry, deeper)}`);
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}

/** Text that JSON.parse reads back, -0 included. The order of keys is kept. Ends with a line break. */
export function printJson(value: JsonValue): string {
  return `${print(value, '')}\n`;
}

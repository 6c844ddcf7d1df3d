/** Numbers as C text. */
import type { Table } from '../plan/plan.ts';
import { floatLiteral } from '../support/c-literals.ts';

function literal(ctype: Table['ctype'], value: number): string {
  switch (ctype) {
    case 'uint32_t':
      return `0x${(value + 2 ** 32).toString(16).slice(1).toUpperCase()}u`;
    case 'float':
      return floatLiteral(value);
    case 'int32_t':
      return value === -(2 ** 31) ? '(-2147483647 - 1)' : `${value}`;
    default:
      return `${value}`;
  }
}

/** Initializer lines of a table, at most about 110 characters each. */
export function tableRows({ ctype, values }: Table): readonly string[] {
  const perRow = ctype === 'uint32_t' ? 8 : ctype === 'float' ? 6 : 12;
  const width = ctype === 'int16_t' || ctype === 'uint16_t' ? 6 : ctype === 'int32_t' ? 8 : 0;
  const rows: string[] = [];
  for (let start = 0; start < values.length; start += perRow) {
    const end = Math.min(start + perRow, values.length);
    const cells: string[] = [];
    for (let i = start; i < end; i += 1) cells.push(literal(ctype, values[i] as number).padStart(width));
    rows.push(cells.join(', '));
  }
  return rows;
}

/** Numbers as C text. */
import type { Table } from '../plan/plan.ts';
import { floatLiteral } from '../support/c-literals.ts';

function literal(ctype: Table['ctype'], value: number): string {
  switch (ctype) {
    case 'uint32_t':
      return `0x${value.toString(16).toUpperCase().padStart(8, '0')}u`;
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
    rows.push(
      values
        .slice(start, start + perRow)
        .map((v) => literal(ctype, v).padStart(width))
        .join(', '),
    );
  }
  return rows;
}

/** Text inside comments of emitted files. */
import { printable } from '../support/printable.ts';

/** Plain ASCII for every editor and compiler; a comment may not be ended by what it quotes. */
export function comment(text: string): string {
  const plain = text
    .replaceAll('·', '*')
    .replaceAll('±', '+-')
    .replaceAll('×', 'x')
    .replace(/[^\x20-\x7E]/g, '?');
  return plain.replaceAll('*/', '* /').replaceAll('/*', '/ *');
}

/** Rows of a table as lines with aligned columns; long names are cut. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

import { plainText } from '../../lib/text.ts';

/** Rows as lines of aligned columns. */
export function columns(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(plainText));
  const widths = cells[0]?.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0))) ?? [];
  return cells
    .map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

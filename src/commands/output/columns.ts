import { cutText } from '../../lib/cut-text.ts';
import { plainText } from '../../lib/plain-text.ts';
import { textWidth } from '../../lib/text-width.ts';

/** Rows as lines of aligned columns. `most`: the widest cell, in columns of a terminal; longer ones are cut, except the last cell of a row. */
export function columns(rows: Iterable<readonly string[]>, most = Number.POSITIVE_INFINITY): string {
  const cells = Array.from(rows, (row) =>
    row.map((cell, i) => (i < row.length - 1 ? cutText(plainText(cell), most) : plainText(cell))),
  );
  const widths: number[] = [];
  for (const row of cells)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, textWidth(cell));
  return cells
    .map((row) => row.map((cell, i) => cell + ' '.repeat(widths[i]! - textWidth(cell))).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

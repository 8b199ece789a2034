import { cutText } from '../../lib/cut-text.ts';
import { plainText } from '../../lib/plain-text.ts';
import { textWidth } from '../../lib/text-width.ts';

const GAP = 2;
/** The widest cell of a table that need not fit: clients choose the length of user names and agents. */
const CELL_MAX = 200;

export interface Column {
  readonly head: string;
  /** One for each row. */
  readonly cells: readonly string[];
  /** The width to which it may be cut. Without it, the column is never cut. */
  readonly least?: number;
  /** The width at which most cells can be read: a spare column does not take this away. Without it, the width of the widest cell. */
  readonly enough?: number;
  /** It is shown only where the other columns have enough. */
  readonly spare?: boolean;
  /** Columns with a low number are shown first, others where there is room. Those with 0 always are. */
  readonly rank: number;
  readonly right?: boolean;
  /** How much of the spare room it gets beside others, which have 1. */
  readonly share?: number;
  /** Gives the cell of this row its colour, after it was cut and filled with spaces. */
  readonly paint?: (text: string, row: number) => string;
}

export interface TableOptions {
  /** Columns of the terminal. Undefined: nothing is left out, and cells are cut at CELL_MAX. */
  readonly width: number | undefined;
  readonly paintHead?: (text: string) => string;
}

/** Rows as aligned lines, none of them wider than the terminal as far as that is possible. '' without rows. */
export function fittedTable(
  all: readonly Column[],
  { width, paintHead = (text) => text }: TableOptions,
): string {
  const measured = all.map(measure);
  const shown = width === undefined ? measured : fitted(measured, width);
  const rows = shown[0]?.cells.length ?? 0;
  if (rows === 0) return '';
  const lines = [paintHead(line(shown.map((column) => padded(column.head, column))))];
  for (let row = 0; row < rows; row++)
    lines.push(
      line(
        shown.map((column) => {
          const text = padded(column.cells[row]!, column);
          return column.paint === undefined ? text : column.paint(text, row);
        }),
      ),
    );
  return lines.map((text) => `${text}\n`).join('');
}

interface Measured extends Column {
  readonly width: number;
}

function measure(column: Column): Measured {
  const cells = column.cells.map((cell) => cutText(plainText(cell), CELL_MAX));
  const width = cells.reduce((most, cell) => Math.max(most, textWidth(cell)), textWidth(column.head));
  return { ...column, cells, width };
}

/** The columns that have room, each as wide as it can be. */
function fitted(columns: readonly Measured[], width: number): readonly Measured[] {
  const least = ({ width: own, least = own }: Measured) => Math.min(own, least);
  const enough = ({ width: own, enough = own }: Measured) => Math.min(own, enough);
  const sum = (some: readonly Measured[], of: (column: Measured) => number) =>
    some.reduce((total, column) => total + of(column), GAP * (some.length - 1));
  const chosen = new Set(columns.filter(({ rank }) => rank === 0));
  for (const column of columns.toSorted((a, b) => a.rank - b.rank))
    if (sum([...chosen, column], column.spare ? enough : least) <= width) chosen.add(column);
  const shown = columns.filter((column) => chosen.has(column));
  const widths = filled(shown, shown.map(least), width - sum(shown, least));
  return shown.map((column, i) => ({ ...column, width: widths[i]! }));
}

/** Gives the spare room to columns that need it. */
function filled(columns: readonly Measured[], least: readonly number[], room: number): readonly number[] {
  const widths = [...least];
  for (let left = room; left > 0; ) {
    const open = columns.flatMap(({ width, share = 1 }, i) =>
      widths[i]! < width ? [{ i, width, share }] : [],
    );
    if (open.length === 0) break;
    const part = Math.max(1, Math.floor(left / open.reduce((sum, { share }) => sum + share, 0)));
    for (const { i, width, share } of open) {
      const more = Math.min(part * share, width - widths[i]!, left);
      widths[i]! += more;
      left -= more;
    }
  }
  return widths;
}

function padded(text: string, { width, right = false }: Measured): string {
  const cut = cutText(text, width);
  const space = ' '.repeat(Math.max(0, width - textWidth(cut)));
  return right ? space + cut : cut + space;
}

/** Spaces at the end would wrap where a terminal is narrow. */
const line = (cells: readonly string[]): string => cells.join(' '.repeat(GAP)).trimEnd();

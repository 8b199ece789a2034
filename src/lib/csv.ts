/** A row of a CSV file, and the line where it begins. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Rows of a CSV text (RFC 4180): a quoted cell may hold commas, doubled quotes and line breaks. A byte order mark and empty
 * lines are left out. A quote that is never closed ends with the text.
 */
export function parseCsv(text: string): readonly CsvRow[] {
  const rows: CsvRow[] = [];
  let line = 1;
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    const row = readRow(text, at);
    if (row.cells.length > 1 || row.cells[0] !== '') rows.push({ line, cells: row.cells });
    line += row.lines;
    at = row.end;
  }
  return rows;
}

/** One row from `start` on; `lines`: the line breaks that it took. */
function readRow(text: string, start: number) {
  const cells: string[] = [];
  let lines = 0;
  for (let at = start; ; at++) {
    const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at);
    cells.push(cell.value);
    lines += cell.lines;
    at = cell.end;
    if (text[at] === ',') continue;
    const isWindows = text[at] === '\r' && text[at + 1] === '\n';
    return { cells, lines: lines + 1, end: at + (isWindows ? 2 : 1) };
  }
}

const END = /[,\r\n]/g;

function plainCell(text: string, start: number) {
  END.lastIndex = start;
  const end = END.exec(text)?.index ?? text.length;
  return { value: text.slice(start, end), lines: 0, end };
}

/** Text between the closing quote and the next comma belongs to the cell, as most readers have it. */
function quotedCell(text: string, start: number) {
  let value = '';
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) {
      value += text.slice(at);
      at = text.length;
      break;
    }
    value += text.slice(at, quote);
    at = quote + 1;
    if (text[at] !== '"') break;
    value += '"';
    at++;
  }
  const rest = plainCell(text, at);
  return { value: value + rest.value, lines: value.split('\n').length - 1, end: rest.end };
}

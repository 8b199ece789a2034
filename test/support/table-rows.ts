/** The rows of the last table of an output, by the names of its columns. Cells in the middle must not be empty. */
export function tableRows(out: string): readonly Readonly<Record<string, string>>[] {
  const [head = '', ...rows] = out.trim().split('\n\n').at(-1)!.split('\n');
  const names = cellsOf(head);
  return rows.map((row) => Object.fromEntries(cellsOf(row).map((cell, i) => [names[i], cell])));
}

const cellsOf = (line: string): readonly string[] => line.trim().split(/ {2,}/);

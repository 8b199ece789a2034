/** A table as Markdown has it. Bars in cells are escaped, since they would end them; a cell stays on its line. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly ('left' | 'center' | 'right')[] = [],
): string {
  const rule = { left: '---', center: ':-:', right: '--:' };
  const lines = [head, head.map((_, i) => rule[align[i] ?? 'left']), ...rows];
  return lines.map((cells) => `| ${cells.map(inCell).join(' | ')} |\n`).join('');
}

const inCell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '\\|');

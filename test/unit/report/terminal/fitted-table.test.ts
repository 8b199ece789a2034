import { describe, expect, test } from 'vitest';
import { textWidth } from '../../../../src/lib/text-width.ts';
import { type Column, fittedTable } from '../../../../src/report/terminal/fitted-table.ts';

const column = (head: string, rank: number, cell: string, more: Partial<Column> = {}): Column => ({
  head,
  rank,
  cells: [cell],
  ...more,
});
const lines = (columns: readonly Column[], width: number | undefined) =>
  fittedTable(columns, { width }).trimEnd().split('\n');

describe('a table that must fit', () => {
  const columns = [
    column('A', 0, 'always'),
    column('B', 2, 'dropped first'),
    column('C', 1, 'dropped second'),
    column('D', 0, 'a long text that may be cut', { least: 10 }),
  ];

  test.each([
    [80, ['always  dropped first  dropped second  a long text that may be cut']],
    [50, ['always  dropped first  dropped second  a long tex…']],
    [45, ['always  dropped second  a long text that may…']],
    [20, ['always  a long text…']],
  ])('of %i columns leaves out and cuts what has to go', (width, rows) => {
    expect(lines(columns, width).slice(1)).toEqual(rows);
  });

  test('is never wider, also with wide characters, as long as its columns that stay can be cut', () => {
    const wide = [
      column('A', 0, '漢字の名前がとても長い', { least: 5 }),
      column('B', 0, 'x'.repeat(300), { least: 5 }),
      column('C', 1, 'y'.repeat(300)),
    ];
    for (let width = 12; width < 130; width++)
      for (const line of lines(wide, width)) expect(textWidth(line)).toBeLessThanOrEqual(width);
  });

  test('shows a spare column only where the others have enough', () => {
    const three = [
      column('A', 0, 'x'.repeat(50), { least: 5, enough: 20 }),
      column('B', 1, 'last', { spare: true }),
    ];
    expect(lines(three, 25)[0]).toBe('A');
    expect(lines(three, 26)[0]).toMatch(/^A +B$/);
  });

  test('gives spare room to the columns that need it, by their share', () => {
    const two = [
      column('A', 0, 'x'.repeat(50), { least: 10 }),
      column('B', 0, 'y'.repeat(50), { least: 10, share: 3 }),
    ];
    const [, row] = lines(two, 10 + 2 + 10 + 20);
    expect(row!.split('  ').map((cell) => cell.length)).toEqual([15, 25]);
  });
});

test('without a width nothing is left out, and a hostile name widens no row without end', () => {
  const [head, row] = lines(
    [column('A', 9, 'u'.repeat(3000)), column('B', 9, 'b', { right: true })],
    undefined,
  );
  expect(head).toMatch(/^A +B$/);
  expect(row).toHaveLength(203);
});

test('a cell gets its colour after it was cut and filled', () => {
  const painted = column('LEVEL', 0, 'low', { paint: (text, row) => `<${row}${text}>` });
  expect(lines([painted, column('B', 0, 'b')], 80)[1]).toBe('<0low  >  b');
});

test('no rows give no text', () => {
  expect(fittedTable([{ head: 'A', rank: 0, cells: [] }], { width: 80 })).toBe('');
});

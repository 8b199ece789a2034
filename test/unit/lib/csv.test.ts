import { expect, test } from 'vitest';
import { parseCsv } from '../../../src/lib/csv.ts';

const cells = (text: string) => parseCsv(text).map((row) => row.cells);

test('cells with commas, quotes and line breaks are read, in both kinds of line ends', () => {
  expect(cells('a,b\n"1,2","say ""hi"""\r\n"two\nlines",\n')).toEqual([
    ['a', 'b'],
    ['1,2', 'say "hi"'],
    ['two\nlines', ''],
  ]);
});

test('a byte order mark and empty lines are left out, and each row knows its line', () => {
  expect(parseCsv('\uFEFFa\n\n"x\ny"\nz')).toEqual([
    { line: 1, cells: ['a'] },
    { line: 3, cells: ['x\ny'] },
    { line: 5, cells: ['z'] },
  ]);
});

test('a quote that is never closed ends with the text, and text behind a quote belongs to the cell', () => {
  expect(cells('a,"b,c\n')).toEqual([['a', 'b,c\n']]);
  expect(cells('"a"b,c')).toEqual([['ab', 'c']]);
  expect(cells('')).toEqual([]);
});

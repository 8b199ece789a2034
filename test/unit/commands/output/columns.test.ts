import { expect, test } from 'vitest';
import { columns } from '../../../../src/commands/output/columns.ts';

test('columns are aligned by what a terminal shows, and nothing in them moves it', () => {
  expect(
    columns([
      ['WHO', 'WHAT'],
      ['東京', 'a\u001b[2Jb'],
      ['bob', 'x'],
    ]),
  ).toBe('WHO   WHAT\n東京  a\\u001b[2Jb\nbob   x\n');
});

test('a cell that is too long is cut, but for the last of a row', () => {
  expect(columns([['x'.repeat(3000), 'y'.repeat(20)]], 8)).toBe(`xxxxxxx…  ${'y'.repeat(20)}\n`);
  expect(columns([['東京東京東京', 'y']], 8)).toBe('東京東…   y\n'.replace('…   ', '…  '));
});

import { expect, test } from 'vitest';
import { textWidth } from '../../../src/lib/text-width.ts';

test.each([
  ['', 0],
  ['curl/8.5.0', 10],
  ['Zürich', 6],
  ['東京', 4],
  ['ｆｕｌｌ', 8],
  ['한글', 4],
  ['👤 bob', 6],
  ['e\u0301', 1],
])('"%s" takes %i columns', (text, width) => {
  expect(textWidth(text)).toBe(width);
});

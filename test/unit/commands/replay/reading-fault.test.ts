import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readingFault } from '../../../../src/commands/replay/reading-fault.ts';

const failing = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    return error;
  }
};
const packed = gzipSync('a line\n');

test.each([
  [
    'an archive that ends early',
    () => gunzipSync(packed.subarray(0, 15)),
    /ends early; the part before that was read/,
  ],
  ['a damaged archive', () => gunzipSync(Buffer.from(packed).fill(9, 10, 13)), /is damaged \(/],
  ['a folder', () => readFileSync('/tmp'), /^it is a folder$/],
])('%s is explained in words', (_, read, why) => {
  expect(readingFault(failing(read))).toMatch(why);
});

test('a bug is no reading fault', () => {
  expect(readingFault(new TypeError('x is not a function'))).toBeUndefined();
  expect(readingFault(failing(() => readFileSync(-1 as unknown as string)))).toBeUndefined();
});

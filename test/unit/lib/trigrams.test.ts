import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasAllOfOne, markTrigrams, TRIGRAM_PLACES, trigramsOf } from '../../../src/lib/trigrams.ts';

const places = new Int32Array(TRIGRAM_PLACES);
let mark = 0;

/** Whether a text has all trigrams of one of the others. */
function hasOneOf(text: string, others: readonly Int32Array[]): boolean {
  const bytes = Buffer.from(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  markTrigrams(view, 0, bytes.length, places, ++mark);
  return hasAllOfOne(places, mark, others);
}

const ascii = fc.string({ unit: fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCharCode(code)) });

test('a text has all trigrams of each text in it, in any case', () => {
  fc.assert(
    fc.property(ascii, ascii, ascii, (before, text, after) => {
      const trigrams = trigramsOf(text);
      fc.pre(trigrams !== undefined);
      expect(hasOneOf(`${before}${text.toUpperCase()}${after}`, [trigrams])).toBe(true);
    }),
  );
});

test('a text without them is told apart', () => {
  const path = '/api/v1/namespaces/kube-system/pods';
  const [other, within] = ['/%2e%2e', 'SYSTEM'].map((text) => trigramsOf(text)!);
  expect(hasOneOf(path, [other!])).toBe(false);
  expect(hasOneOf(path, [other!, within!])).toBe(true);
  expect(hasOneOf(path, [])).toBe(false);
});

test('a text of less than three characters, or one that is not ASCII, has none', () => {
  for (const text of ['', 'ab', 'naïve']) expect(trigramsOf(text)).toBeUndefined();
});

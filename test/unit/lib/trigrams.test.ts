import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasAllOfOne, setTrigrams, TRIGRAM_WORDS, trigramsOf } from '../../../src/lib/trigrams.ts';

function setOf(text: string): Int32Array {
  const words = new Int32Array(TRIGRAM_WORDS).fill(-1);
  const bytes = Buffer.from(text);
  setTrigrams(bytes, 0, bytes.length, words);
  return words;
}

const ascii = fc.string({ unit: fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCharCode(code)) });

test('a text has all trigrams of each text in it, in any case', () => {
  fc.assert(
    fc.property(ascii, ascii, ascii, (before, text, after) => {
      const trigrams = trigramsOf(text);
      fc.pre(trigrams !== undefined);
      expect(hasAllOfOne(setOf(`${before}${text.toUpperCase()}${after}`), [trigrams])).toBe(true);
    }),
  );
});

test('a text without them is told apart', () => {
  const set = setOf('/api/v1/namespaces/kube-system/pods');
  const [other, within] = ['/%2e%2e', 'SYSTEM'].map((text) => trigramsOf(text)!);
  expect(hasAllOfOne(set, [other!])).toBe(false);
  expect(hasAllOfOne(set, [other!, within!])).toBe(true);
  expect(hasAllOfOne(set, [])).toBe(false);
});

test('a text of less than three characters, or one that is not ASCII, has none', () => {
  for (const text of ['', 'ab', 'naïve']) expect(trigramsOf(text)).toBeUndefined();
});

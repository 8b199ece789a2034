import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Literals, literalsIn } from '../../../../src/audit/bytes/literals.ts';

const found = (literals: Literals, text: string) => {
  const bytes = Buffer.from(`<${text}>`);
  return literals.ofAscii(bytes, 1, bytes.length - 1);
};

test.each([10, 300, 3_000])(
  'of %i texts that are much alike each is found, in any case, and no other',
  (count) => {
    const texts = Array.from({ length: count }, (_, i) => `agent-${String(i).padStart(5, '0')}/`);
    const literals = literalsIn(texts);
    expect(texts.map((text) => found(literals, text))).toEqual([...texts.keys()]);
    expect(found(literals, 'AGENT-00007/')).toBe(7);
    for (const other of ['agent-0000/', 'agent-000070/', 'agent-0000x/', 'agent.00007/', ''])
      expect(found(literals, other)).toBe(-1);
  },
);

test('a text with other characters is found once it is decoded', () => {
  const literals = literalsIn(['a', 'zürich', 'b']);
  expect([
    literals.ofText('ZÜRICH'),
    literals.ofText('b'),
    found(literals, 'b'),
    found(literals, 'zurich'),
  ]).toEqual([1, 2, 2, -1]);
});

test('the index is that of the list', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\u0001', 'ü'), maxLength: 4 });
  fc.assert(
    fc.property(fc.uniqueArray(text, { maxLength: 600 }), text, (texts, asked) => {
      const literals = literalsIn(texts);
      expect(literals.ofText(asked)).toBe(texts.indexOf(asked));
      if (!asked.includes('ü')) expect(found(literals, asked)).toBe(texts.indexOf(asked));
    }),
  );
});

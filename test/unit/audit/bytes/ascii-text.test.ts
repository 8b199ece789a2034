import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AsciiText } from '../../../../src/audit/bytes/ascii-text.ts';
import { KIND } from '../../../../src/audit/bytes/token-kinds.ts';

const viewOf = (u8: Uint8Array) => new DataView(u8.buffer, u8.byteOffset, u8.length);

/** The text of a JSON string's inside; undefined where it is not taken. */
function taken(inside: string, plain = new AsciiText()): string | undefined {
  const u8 = Buffer.from(`"${inside}"`);
  plain.take(u8, viewOf(u8), inside.includes('\\') ? KIND.escaped : KIND.ascii, 1, u8.length - 1);
  if (plain.length < 0) return undefined;
  return Buffer.from(plain.u8.buffer, plain.u8.byteOffset + plain.start, plain.length).toString('latin1');
}

const character = fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCharCode(code));

/** One of the ways in which JSON may write a character. */
const written = character.chain((one) => {
  const plain = JSON.stringify(one).slice(1, -1);
  const hex = one.charCodeAt(0).toString(16).padStart(4, '0');
  return fc.constantFrom(plain, `\\u${hex}`, `\\u${hex.toUpperCase()}`, one === '/' ? '\\/' : plain);
});

test('an ASCII text is what JSON.parse gives, however it is written', () => {
  const plain = new AsciiText();
  fc.assert(
    fc.property(fc.array(written), (parts) => {
      const inside = parts.join('');
      expect(taken(inside, plain)).toBe(JSON.parse(`"${inside}"`));
    }),
  );
});

test('other characters, long texts with escapes, and what is no string are not taken', () => {
  for (const inside of ['\\u00e9', '\\u212a', '\\n\u00e9', `\\n${'a'.repeat(4096)}`])
    expect(taken(inside)).toBeUndefined();
  const plain = new AsciiText();
  for (const kind of [KIND.utf8, KIND.integer, KIND.array]) {
    const u8 = Buffer.from('123');
    plain.take(u8, viewOf(u8), kind, 0, 3);
    expect(plain.length).toBe(-1);
  }
});

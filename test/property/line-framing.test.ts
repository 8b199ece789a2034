import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineFraming } from '../../src/commands/replay/line-framing.ts';
import { naiveLines } from '../support/naive-lines.ts';
import { runs } from '../support/property.ts';

const event = fc
  .record({ auditID: fc.string(), requestURI: fc.string({ unit: 'grapheme', maxLength: 40 }) })
  .map((one) => JSON.stringify(one));

/** A line of a log, or something that stands in one. */
const line = fc.oneof(
  { weight: 8, arbitrary: event },
  event.map((text) => `${text}\r`),
  event.map((text) => `${text},`),
  event.map((text) => ` ${text} `),
  event.map((text) => `\ufeff${text}`),
  fc.tuple(event, event).map(([a, b]) => a + b),
  fc.tuple(event, fc.nat(60)).map(([text, cut]) => text.slice(0, cut)),
  event.map((text) => JSON.stringify(JSON.parse(text), null, 1)),
  fc.array(event, { maxLength: 3 }).map((all) => `{"items":[\n${all.join(',\n')}\n]}`),
  fc.array(event, { maxLength: 3 }).map((all) => `[\n${all.join(',\n')}\n]`),
  fc
    .tuple(event, fc.constantFrom('P', 'F'))
    .map(([text, tag]) => `2026-01-15T09:03:11Z stdout ${tag} ${text}`),
  fc.constantFrom('', '{', '}', '{}', '{}\r', ']', ',', '\0', '\0\0{}\0', '{\0}', 'a text', '\r'),
  fc.string(),
);

const file = fc
  .tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('', '\n'))
  .map(([lines, end]) => Buffer.from(lines.join('\n') + end));

/** The bytes in chunks that end anywhere. */
function chunks(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const all: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    all.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return all;
}

describe('lines that are found in chunks', () => {
  test('are those of the whole text, wherever chunks end', () => {
    fc.assert(
      fc.property(
        file,
        fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(40, 100, 2 ** 20),
        (bytes, sizes, most) => {
          let nulBytes = 0;
          const framing = new LineFraming(most, (count) => {
            nulBytes += count;
          });
          const found = [...chunks(bytes, sizes).flatMap((chunk) => framing.take(chunk)), ...framing.end()];
          const told = found.map((one) => ({ ...one, bytes: one.bytes && String(Buffer.from(one.bytes)) }));
          const naive = naiveLines(bytes, most);
          expect(told).toEqual(
            naive.lines.map((one) => ({ ...one, bytes: one.bytes && String(Buffer.from(one.bytes)) })),
          );
          expect(nulBytes).toBe(naive.nulBytes);
        },
      ),
      runs(2000),
    );
  });

  test('are whole where the part of a line comes late, within a document that is cut off', () => {
    const framing = new LineFraming(2 ** 20, () => {});
    const part = '2026-01-15T09:03:11Z stdout P half';
    const found = [...framing.take(Buffer.from(`${part}\n\n{"a":\n[`)), ...framing.end()];
    expect(found.map(({ number, bytes }) => [number, String(bytes)])).toEqual([
      [3, '{"a":\n[\n'],
      [1, 'half'],
    ]);
  });
});

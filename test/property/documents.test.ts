import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Documents } from '../../src/commands/replay/json-documents.ts';
import { runs } from '../support/property.ts';

/** What comes of a text, by line number. */
function split(text: string, most = 2 ** 20): [number, string][] {
  const documents = new Documents(most);
  const lines = text.split('\n').flatMap((line, i) => {
    const bytes = Buffer.from(line);
    return bytes.length === 0 ? [] : documents.take({ number: i + 1, bytes });
  });
  return [...lines, ...documents.end()].map(({ number, bytes }) => [number, String(bytes)]);
}

const parsed = (text: string) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const event = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { minKeys: 1 });

/** The ways in which people have a document in a file. */
const written = fc.oneof(
  event.map((one) => JSON.stringify(one)),
  fc.tuple(event, fc.constantFrom(1, 4, '\t')).map(([one, indent]) => JSON.stringify(one, null, indent)),
  fc
    .tuple(event, fc.constant('\r'))
    .map(([one, cr]) => `${JSON.stringify(one, null, 2).replaceAll('\n', `${cr}\n`)}`),
  fc
    .array(event)
    .map(
      (items) =>
        `{ "kind": "EventList", "items": [\n${items.map((one) => JSON.stringify(one)).join(',\n')}\n]}`,
    ),
  fc
    .array(event, { minLength: 1 })
    .map((items) => `{"items":[${items.map((one) => JSON.stringify(one)).join('\n,')}]}`),
);

describe('documents over lines', () => {
  test('come whole and in order, however they are written, with blank lines between them or none', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(written, fc.constantFrom('\n', '\n\n', '\n \t\n'))), (documents) => {
        const out = split(documents.map(([text, end]) => text + end).join(''));
        expect(out.map(([, text]) => JSON.parse(text))).toEqual(documents.map(([text]) => JSON.parse(text)));
      }),
      runs(300),
    );
  });

  test('have the number of their first line', () => {
    fc.assert(
      fc.property(fc.array(written), (documents) => {
        const numbers: number[] = [];
        let next = 1;
        for (const text of documents) {
          numbers.push(next);
          next += text.split('\n').length;
        }
        expect(split(documents.join('\n')).map(([number]) => number)).toEqual(numbers);
      }),
      runs(100),
    );
  });

  test('that are cut off cost no whole line, wherever they are cut', () => {
    const line = event.map((one) => JSON.stringify(one));
    const cut = fc
      .tuple(line, fc.nat())
      .map(([text, at]) => text.slice(0, 1 + (at % text.length)))
      .filter((text) => parsed(text) === undefined);
    fc.assert(
      fc.property(fc.array(fc.oneof(line, cut, fc.constant('plain text'))), (lines) => {
        const whole = (texts: readonly string[]) => texts.filter((text) => parsed(text) !== undefined);
        const out = split(lines.join('\n')).map(([, text]) => text);
        expect(whole(out)).toEqual(whole(lines));
        expect(out.join('\n').replace(/\n+/g, '\n').trimEnd()).toEqual(lines.join('\n').trimEnd());
      }),
      runs(500),
    );
  });

  test('lose nothing, for any bytes', () => {
    const noise = fc.string({ unit: fc.constantFrom(...'{}[]",:\\ \n1a'), maxLength: 60 });
    fc.assert(
      fc.property(noise, (text) => {
        const squeezed = (all: string) => all.replace(/[ \n,[\]]/g, '');
        expect(
          squeezed(
            split(text)
              .map(([, one]) => one)
              .join(''),
          ),
        ).toBe(squeezed(text));
      }),
      runs(1000),
    );
  });
});

test('of a list that is cut off, the items that stand on lines of their own are read', () => {
  const list = '{"kind":"EventList","items":[\n{"a":1},\n{"b":2} ,\n{"c":';
  expect(split(list).map(([number, text]) => [number, parsed(text)])).toEqual([
    [1, undefined],
    [2, { a: 1 }],
    [3, { b: 2 }],
    [4, undefined],
  ]);
});

test('a document that begins behind another on its last line is found', () => {
  expect(split('{\n"a":1\n}{\n"b":2\n}').map(([number, text]) => [number, JSON.parse(text)])).toEqual([
    [1, { a: 1 }],
    [3, { b: 2 }],
  ]);
});

test('a document behind a byte order mark is one', () => {
  expect(split('\ufeff{\n"a":1\n}\n{"b":2}')).toHaveLength(2);
});

test('of a document that is too large only the end is looked for', () => {
  const large = JSON.stringify({ items: Array.from({ length: 100 }, (_, i) => i) }, null, 1);
  const documents = new Documents(100);
  const out = `${large}\n{"next":1}`
    .split('\n')
    .flatMap((line, i) => documents.take({ number: i + 1, bytes: Buffer.from(line) }));
  expect([...out, ...documents.end()]).toEqual([
    { number: 1, bytes: undefined, document: true },
    { number: large.split('\n').length + 1, bytes: Buffer.from('{"next":1}') },
  ]);
});

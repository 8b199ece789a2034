import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPlainly } from '../../src/audit/plain/read-plainly.ts';
import { read } from '../../src/audit/read.ts';
import { DOCUMENTS_MAX } from '../../src/audit/texts/document-pieces.ts';
import type { EventReader, ReadRequest } from '../../src/model/event.ts';
import type { Request } from '../../src/model/request.ts';
import { otlpBytes, request } from '../support/events.ts';
import { runs } from '../support/property.ts';
import { asLine, edits, mutate, plan, same, withBody } from './both-readers.ts';
import { VALID } from './envelope-generators.ts';

/** Events as text: compact, over lines, with white space. The audit ids number them. */
const event = fc
  .tuple(fc.string({ maxLength: 6 }), fc.constantFrom(0, 0, 0, 1, 2), fc.boolean())
  .map(([text, indent, nested]) => ({
    text: (id: number) =>
      JSON.stringify(
        {
          auditID: `${id}`,
          stage: 'Panic',
          userAgent: text,
          requestObject: nested ? { a: [{ b: [text] }, '}{'] } : null,
        },
        null,
        indent,
      ),
  }));
const between = fc.constantFrom('', ' ', '\n', ',', ',\n', '\r\n', '\0\0\0', '\0\n\0', '\ufeff', '\n\n,\t');
const around = fc.constantFrom(['', ''], ['[', ']'], ['[\n', '\n]\n'], ['\0\0', '\0'], ['\ufeff ', ',']);

/** A text of several events, and where each of them ends, in bytes. */
const several = fc
  .tuple(fc.array(fc.tuple(event, between), { minLength: 1, maxLength: 5 }), around)
  .map(([events, [before = '', after = '']]) => {
    let text = before;
    const ends = events.map(([one, end], i) => {
      text += one.text(i);
      const at = Buffer.byteLength(text);
      text += end;
      return at;
    });
    return { bytes: Buffer.from(text + after), ends };
  });

/** The same in a list. */
const list = fc
  .tuple(fc.array(event, { minLength: 1, maxLength: 4 }), fc.constantFrom('', ' ', '\n'))
  .map(([events, space]) => {
    let text = `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{"a":["b"]},"items":${space}[`;
    const ends = events.map((one, i) => {
      text += `${i > 0 ? `,${space}` : ''}${one.text(i)}`;
      return Buffer.byteLength(text);
    });
    return { bytes: Buffer.from(`${text}]}`), ends };
  });

const FORMS: Readonly<Record<string, (bytes: Buffer) => Request>> = {
  'a line': asLine,
  'a string body': (bytes) => request(otlpBytes([bytes.toString()]), 'otlp'),
  'a bytes body': (bytes) => request(withBody(bytes), 'otlp'),
  'a string body of OTLP/JSON': (bytes) =>
    request(
      JSON.stringify({
        resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: bytes.toString() } }] }] }],
      }),
      'otlp-json',
    ),
  "a webhook's body": (bytes) => request(bytes, 'event-list'),
};

async function ids(reader: ReadRequest, from: Request) {
  const field = plan.id('auditID');
  const seen: unknown[] = [];
  const outcome = await reader(from, plan, (one: EventReader) => void seen.push(one.scalar(field, 0)));
  return { seen, outcome };
}

describe.each(Object.entries(FORMS))('several documents in %s', (_, form) => {
  test('are all read, and nothing is rejected', async () => {
    await fc.assert(
      fc.asyncProperty(several, async ({ bytes, ends }) => {
        const { seen, outcome } = await ids(read, form(bytes));
        expect(seen).toEqual(ends.map((__, i) => `${i}`));
        const nul = bytes.filter((byte) => byte === 0).length;
        expect(outcome).toMatchObject({ rejected: 0, passedBy: {}, slow: {} });
        expect(outcome).toMatchObject(nul > 0 ? { nulBytes: nul } : {});
      }),
      runs(200),
    );
  });

  test('wherever it is cut off, cost no event before the cut, and the one that is cut is read as far as it goes, if at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(several, list), fc.nat(), async ({ bytes, ends }, at) => {
        const cut = bytes.subarray(0, at % (bytes.length + 1));
        const { seen, outcome } = await ids(read, form(cut));
        const whole = ends.flatMap((end, i) => (end <= cut.length ? [`${i}`] : []));
        const truncated = 'truncated' in outcome ? outcome.truncated! : 0;
        expect(truncated).toBeLessThan(2);
        expect(seen).toEqual(truncated === 0 ? whole : [...whole, `${whole.length}`]);
      }),
      runs(400),
    );
  });
});

describe('both readers give the same answers', () => {
  const whole = fc.oneof(
    several.map(({ bytes }) => bytes),
    fc
      .array(
        fc.tuple(
          fc.oneof(
            ...Object.values(VALID).map((one) => one.map((document) => JSON.stringify(document))),
            fc.constantFrom(
              '{}',
              '{"a":1',
              'text',
              'I1 {"auditID":"a","stage":"s"}',
              '5',
              '"x"',
              'null',
              '[',
              ']',
            ),
          ),
          between,
        ),
        { maxLength: 4 },
      )
      .map((parts) => Buffer.from(parts.flat().join(''))),
  );

  test('on texts of several documents, changed ones too', async () => {
    await fc.assert(
      fc.asyncProperty(whole, fc.option(edits), async (bytes, how) => {
        const text = how ? Buffer.from(mutate(bytes, how)) : bytes;
        await same(asLine(text));
        await same(request(withBody(text), 'otlp'));
        await same(request(otlpBytes([text.toString(), '{"auditID":"b","stage":"s"}']), 'otlp'));
      }),
      runs(1000),
    );
  });

  test('on arrays of maps', async () => {
    const member = fc.oneof(...Object.values(VALID), fc.constantFrom<unknown>(5, 'x', null, {}, []));
    await fc.assert(
      fc.asyncProperty(fc.array(member, { maxLength: 4 }), async (members) =>
        same(request(withBody(members), 'otlp')),
      ),
      runs(300),
    );
  });
});

test('one body holds so many documents and no more; the record is rejected for the rest', async () => {
  const one = '{"auditID":"a","stage":"s"}';
  for (const reader of [read, readPlainly]) {
    const { seen, outcome } = await ids(
      reader,
      request(otlpBytes([one.repeat(DOCUMENTS_MAX + 2), one]), 'otlp'),
    );
    expect(seen).toHaveLength(DOCUMENTS_MAX + 1);
    const why = `record 0: more than ${DOCUMENTS_MAX} documents; the others were not read`;
    expect(outcome).toMatchObject({ records: 2, rejected: 1, several: 1, why });
    expect((await ids(reader, asLine(one.repeat(DOCUMENTS_MAX + 2)))).seen).toHaveLength(DOCUMENTS_MAX + 2);
  }
});

test('text full of documents that are broken is given up in time', async () => {
  const text = '{"a":\n'.repeat(300_000);
  const outcome = await read(asLine(`${text}{"auditID":"a","stage":"s"}`), plan, () => {});
  expect(outcome).toMatchObject({ records: 1, rejected: 1 });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { envelopePaths } from '../../src/audit/bytes/byte-envelopes.ts';
import { ATTRIBUTES, DOCUMENTS, TEXTS } from '../../src/audit/envelopes/table.ts';
import { envelopeOf } from '../../src/audit/plain/unwrap.ts';
import { read } from '../../src/audit/read.ts';
import type { Request } from '../../src/model/request.ts';
import { otlpBytes, request } from '../support/events.ts';
import { runs } from '../support/property.ts';
import { asLine, edits, escapes, mutate, plan, same, withBodies, withBody } from './both-readers.ts';
import { EVENT_TEXT, type JsonDocument, PREFIXES, VALID, VALID_ATTRIBUTES } from './envelope-generators.ts';

/** The ways in which one document comes to a reader. */
const FORMS: Readonly<Record<string, (document: JsonDocument, text: string) => Request>> = {
  'a line': (_, text) => asLine(text),
  'a string body': (_, text) => request(otlpBytes([text]), 'otlp'),
  'a bytes body': (_, text) => request(withBody(Buffer.from(text)), 'otlp'),
  'a map body': (document) => request(withBody(document), 'otlp'),
};

/** The document as JSON: plainly, with escapes in its keys and strings, or with every key twice, first with something else. */
const text = (document: JsonDocument, how: 'plain' | 'escaped' | 'twice'): string => {
  if (how === 'plain') return JSON.stringify(document);
  const entries = Object.entries(document);
  if (how === 'twice') {
    const pairs = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    return `{${[...entries.map(([key]) => `${JSON.stringify(key)}:{"verb":"x"}`), ...pairs].join(',')}}`;
  }
  const pairs = entries.map(
    ([key, value]) =>
      `${escapes(key)} : ${typeof value === 'string' ? escapes(value) : JSON.stringify(value)}`,
  );
  return `\n{ ${pairs.join(' , ')} }\t`;
};
const style = fc.constantFrom('plain', 'escaped', 'twice');

const TESTS = DOCUMENTS.flatMap(({ when }) => when.flatMap(({ all }) => all));

/** Values that miss what some row looks for at a path, by little or by much. */
function wrongAt(path: string): fc.Arbitrary<unknown> {
  const sought = TESTS.flatMap((one) =>
    one.path !== path || 'is' in one ? [] : ['equals' in one ? one.equals : one.startsWith],
  );
  const near = sought.flatMap((one) => [
    one,
    one.slice(1),
    one.slice(0, -1),
    `${one}x`,
    `x${one}`,
    one.toUpperCase(),
  ]);
  const far = fc.constantFrom<unknown>(
    ...[undefined, null, true, 5, '', 'x', Buffer.from('x')],
    ...[{}, [], [5, {}], [{}, null], [[{}]], [{ auditID: 'a', stage: 's' }]],
  );
  return near.length > 0 ? fc.oneof(fc.constantFrom<unknown>(...near), far) : far;
}
const damage = fc.array(
  fc.constantFrom(...new Set(envelopePaths())).chain((path) => fc.tuple(fc.constant(path), wrongAt(path))),
  { minLength: 1, maxLength: 2 },
);

function withAt(document: JsonDocument, [key, ...inner]: readonly string[], value: unknown): JsonDocument {
  const { [key!]: old, ...others } = document;
  if (inner.length > 0) {
    const within = typeof old === 'object' && old !== null ? (old as JsonDocument) : {};
    return { ...document, [key!]: withAt(within, inner, value) };
  }
  return value === undefined ? others : { ...document, [key!]: value };
}

describe.each(DOCUMENTS)('$name', ({ name, events, only, slow = [], cluster }) => {
  const valid = VALID[name as keyof typeof VALID];

  test('is found, and its events are read from the bytes unless the row says otherwise', async () => {
    await fc.assert(
      fc.asyncProperty(valid, async (document) => {
        expect(envelopeOf(document, only ?? 'otlp')?.name).toBe(name);
        if (only !== undefined) return;
        for (const [form, body] of [
          ['json', JSON.stringify(document)],
          ['map', document],
        ] as const) {
          const report = await read(request(withBody(body), 'otlp'), plan, () => {});
          if ('malformed' in report) throw new Error(report.malformed);
          expect(report.events).toBeGreaterThan(0);
          const how = events === 'self' || events === 'request' ? { [events]: true } : events;
          const readable = 'self' in how || 'itemsOf' in how || 'documentAt' in how;
          const slowly = !readable || cluster !== undefined || slow.includes(form);
          // Text with escapes is decoded.
          const asText = !slowly && 'documentAt' in how && Object.keys(report.slow).length > 0;
          expect(report.slow).toEqual(slowly || asText ? { [name]: report.events } : {});
        }
      }),
      runs(100),
    );
  });

  test.each(Object.entries(FORMS))(
    'as %s reads the same from bytes and from a parsed document',
    async (_, form) => {
      await fc.assert(
        fc.asyncProperty(valid, style, async (document, how) => same(form(document, text(document, how)))),
        runs(150),
      );
    },
  );

  test.each(Object.entries(FORMS))(
    'as %s, with its marks or its list damaged, does so too',
    async (_, form) => {
      await fc.assert(
        fc.asyncProperty(valid, damage, style, async (document, changes, how) => {
          const damaged = changes.reduce(
            (one, [path, value]) => withAt(one, path.split('.'), value),
            document,
          );
          await same(form(damaged, text(damaged, how)));
        }),
        runs(300),
      );
    },
  );

  test('with bytes changed, dropped, added or repeated, too', async () => {
    await fc.assert(
      fc.asyncProperty(valid, style, edits, async (document, how, changes) => {
        const bytes = mutate(Buffer.from(text(document, how)), changes);
        await same(asLine(bytes));
        await same(request(withBody(bytes), 'otlp'));
      }),
      runs(300),
    );
  });
});

describe.each(ATTRIBUTES)('$name', ({ name, document }) => {
  const valid = VALID_ATTRIBUTES[name as keyof typeof VALID_ATTRIBUTES];

  test('is found where there is no body, and reads the same from bytes and from parsed attributes', async () => {
    await fc.assert(
      fc.asyncProperty(
        valid,
        fc.constantFrom<unknown>(undefined, null, '', ' \n'),
        async (attributes, body) => {
          expect(document(attributes)).toBeDefined();
          const from = request(withBody(body, attributes), 'otlp');
          await same(from);
          expect(await read(from, plan, () => {})).toMatchObject({ events: 1, rejected: 0, passedBy: {} });
        },
      ),
      runs(200),
    );
  });

  test('with a mark damaged, or beside a body, does so too', async () => {
    const bodies = fc.constantFrom<unknown>(undefined, 'text', { a: 1 }, { auditID: 'a', stage: 's' }, 5);
    const changes = fc.tuple(
      fc.nat(),
      fc.constantFrom<unknown>(undefined, null, 5, '', {}, [], '{"auditID":'),
    );
    await fc.assert(
      fc.asyncProperty(valid, bodies, changes, edits, async (attributes, body, [at, value], how) => {
        const keys = Object.keys(attributes);
        const damaged = withAt(attributes, [keys[at % keys.length]!], value);
        await same(request(withBody(body, damaged), 'otlp'));
        await same(request(mutate(withBody(undefined, damaged), how), 'otlp'));
      }),
      runs(300),
    );
  });
});

test('lines in parts, in one record or in several, read the same from bytes and from decoded text', async () => {
  const line = fc
    .tuple(EVENT_TEXT, fc.array(fc.nat(), { maxLength: 3 }), fc.constantFrom('stdout', 'stderr'))
    .map(([text, cuts, stream]) => {
      const bytes = Buffer.from(text);
      const at = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
      return at.slice(1).map((end, i) => {
        const tag = i === at.length - 2 ? 'F' : 'P';
        return Buffer.concat([
          Buffer.from(`2026-01-15T09:03:11.309113123Z ${stream} ${tag} `),
          bytes.subarray(at[i], end),
        ]);
      });
    });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 3 }), fc.nat(), async (lines, drop) => {
      const all = lines.flat();
      const some = all.filter((_, i) => i !== drop % (2 * all.length));
      for (const parts of [all, some]) {
        const records = parts.map((part) => ({
          body: { value: { case: 'bytesValue' as const, value: part } },
        }));
        await same(request(withBodies(records), 'otlp'));
        await same(
          request(withBody(Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')]))), 'otlp'),
        );
      }
      const report = await read(request(withBody(Buffer.from(all.join('\n'))), 'otlp'), plan, () => {});
      expect(report).toMatchObject({ events: lines.length, rejected: 0 });
    }),
    runs(200),
  );
});

describe.each(TEXTS)('$name', ({ name }) => {
  const valid = fc.tuple(PREFIXES[name as keyof typeof PREFIXES], EVENT_TEXT).map((parts) => parts.join(''));

  test('is found, and its event is read from the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(valid, { minLength: 1, maxLength: 3 }), async (lines) => {
        const text = lines.join('\n');
        for (const from of [asLine(text), request(otlpBytes([text]), 'otlp')]) {
          await same(from);
          const report = await read(from, plan, () => {});
          expect(report).toMatchObject({ events: lines.length, rejected: 0, passedBy: {}, slow: {} });
        }
      }),
      runs(150),
    );
  });

  test('with bytes changed, dropped, added or repeated, reads the same from both', async () => {
    await fc.assert(
      fc.asyncProperty(valid, edits, async (line, how) => {
        const bytes = mutate(Buffer.from(line), how);
        await same(asLine(bytes));
        await same(request(withBody(bytes), 'otlp'));
      }),
      runs(300),
    );
  });
});

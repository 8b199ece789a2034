import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ENTRIES_AT_ONCE, FIELDS_MAX } from '../../src/audit/document/charge.ts';
import { OBJECT_FIELDS } from '../../src/audit/document/json-strings.ts';
import { readPlainly } from '../../src/audit/plain/read-plainly.ts';
import { read } from '../../src/audit/read.ts';
import type { ReadRequest } from '../../src/model/event.ts';
import { otlpBytes, request } from '../support/events.ts';
import { runs } from '../support/property.ts';
import { bodyOf, EMPTY_ATTRIBUTE, repeated, requestOf } from '../support/protobuf.ts';
import { tell } from '../unit/audit/told.ts';
import { asLine, edits, escapes, LITERALS, mutate, PATHS, plan, same, withBody } from './both-readers.ts';

// The byte reader against the plain one, which decodes all of a request first: the same answers, whatever the bytes are.
// `npm run fuzz` runs the same with FUZZ times as many documents.

const captures = new URL('../captures/', import.meta.url);
const lines = ['metadata', 'request-response'].flatMap((level) =>
  readdirSync(new URL(`${level}/`, captures)).flatMap((name) => {
    const bytes = readFileSync(new URL(`${level}/${name}`, captures));
    return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().trim().split('\n');
  }),
);

type Document = Readonly<Record<string, unknown>>;

/** JSON text whose keys meet and miss the plan's, with what JSON allows and people forget. */
const key = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...new Set(PATHS.flatMap((path) => path.split('.')))) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'a.b',
      'b.c',
      'a.b.c',
      'authorization.k8s.io/decision',
      '__proto__',
      'constructor',
      '',
      'kind',
      'apiVersion',
      'items',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 5 }) },
);
const space = fc.constantFrom('', '', '', ' ', '\n\t', '  ');
const text = fc.oneof(
  fc.constantFrom(
    ...LITERALS,
    'GET',
    'Pods',
    '2026-01-15T09:03:11.309113Z',
    'ResponseComplete',
    'Event',
    'EventList',
    'audit.k8s.io/v1',
    '\u212a',
    'é',
    '\ufeffx',
    '\ud800',
    '"',
    '\\',
    '\u0001',
    '\u2028',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const string = fc
  .tuple(text, fc.boolean())
  .map(([value, odd]) => (odd ? escapes(value) : JSON.stringify(value)));
/** As long as the longest integers that are their own text, and a little longer. */
const longInteger = fc.oneof(
  // Their text is a literal, but JSON prints another.
  fc.constantFrom('9007199254740993', '12345678901234567'),
  fc.constantFrom(...LITERALS.filter((literal) => /^\d{15,}$/.test(literal))),
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.stringMatching(/^\d{13,17}$/))
    .map(([first, others]) => `${first}${others}`),
);
const number = fc.oneof(
  longInteger,
  fc.constantFrom(
    ...['0', '-0', '403', '403.0', '4.03e2', '1e400', '-1', '0.5', '1E-7', '12345678901234567890'],
  ),
);
const { json } = fc.letrec<{ json: string; object: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    string,
    number,
    fc.constantFrom('true', 'false', 'null'),
    fc
      .tuple(space, fc.array(tie('json'), { maxLength: 4 }))
      .map(([s, items]) => `[${s}${items.join(`${s},`)}]`),
    tie('object'),
  ),
  object: fc
    .tuple(space, fc.array(fc.tuple(key, fc.boolean(), tie('json')), { maxLength: 6 }))
    .map(
      ([s, pairs]) =>
        `{${s}${pairs.map(([name, odd, value]) => `${odd ? escapes(name) : JSON.stringify(name)}${s}:${s}${value}`).join(`,${s}`)}${s}}`,
    ),
}));
const event = fc
  .tuple(fc.array(fc.tuple(key, json), { maxLength: 6 }), fc.boolean(), space)
  .map(
    ([pairs, named, s]) =>
      `{${s}${[...(named ? ['"auditID":"a","stage":"Panic"'] : []), ...pairs.map(([name, value]) => `${JSON.stringify(name)}:${value}`)].join(`,${s}`)}}${s}`,
  );

/** What the way in and the sender's token say of the cluster. */
const clusters = fc.record(
  { cluster: fc.constant('green'), boundCluster: fc.constant('red') },
  { requiredKeys: [] },
);

/** A body that holds pods here and there, and what could be taken for one: lists, nulls and literal keys on the way. */
const scalar = fc.constantFrom<unknown>('get', 'k', 403, true, null);
const few = (value: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 4, arbitrary: value }, fc.array(value, { maxLength: 3 }), fc.constant(null));
const some = (model: Record<string, fc.Arbitrary<unknown>>) => few(fc.record(model, { requiredKeys: [] }));
const container = some({ image: few(scalar), a: some({ b: scalar }), 'a.b': scalar });
const podSpec = some({
  containers: few(container),
  ephemeralContainers: few(container),
  hostNetwork: few(scalar),
  a: some({ b: few(scalar) }),
  'a.b': few(scalar),
  'containers.image': scalar,
});
const template = some({
  spec: podSpec,
  metadata: some({ labels: some({ a: some({ b: scalar }), 'a.b': scalar }) }),
});
const job = some({ spec: some({ template }) });
const body = some({
  ...{
    template,
    ephemeralContainers: few(container),
    spec: fc.oneof(podSpec, some({ template, jobTemplate: job })),
  },
  ...{ metadata: some({ labels: some({ 'a.b': scalar }) }), 'spec.containers': few(container) },
});
const podEvent = fc
  .record({ requestObject: body, verb: fc.constantFrom('create', 'patch') })
  .map((more) => ({ auditID: 'a', stage: 'Panic', ...more }));

/** A JSON patch of such a body, its operations good and odd. */
const pointer = fc
  .array(
    fc.constantFrom('spec', 'template', 'containers', 'a', 'b', 'image', '0', '1', '-', 'a.b', 'x~1y', ''),
    {
      maxLength: 5,
    },
  )
  .map((keys) => keys.map((one) => `/${one}`).join(''));
const operation = fc.record(
  {
    op: fc.constantFrom<unknown>('add', 'add', 'replace', 'remove', 'test', 1),
    path: fc.oneof({ weight: 5, arbitrary: pointer }, scalar),
    value: fc.oneof(scalar, podSpec, container, template),
  },
  { requiredKeys: ['op', 'path'] },
);
const patchEvent = fc
  .record({
    requestObject: fc.array(fc.oneof({ weight: 9, arbitrary: operation }, scalar), { maxLength: 6 }),
    verb: fc.constantFrom('patch', 'patch', 'update'),
  })
  .map((more) => ({ auditID: 'a', stage: 'Panic', ...more }));

describe("the byte reader gives the plain reader's answers", () => {
  test('on every captured event, and on lists of them', async () => {
    for (const line of lines) await same(asLine(line));
    const list = `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${lines.slice(0, 40).join(',')}]}`;
    await same(asLine(list));
    await same(request(otlpBytes([list, ...lines.slice(0, 20)], { 'k8s.cluster.name': 'prod' }), 'otlp'));
  });

  test('on captured events with their keys shuffled', async () => {
    const shuffled = (value: unknown, seed: number): unknown => {
      if (Array.isArray(value)) return value.map((item) => shuffled(item, seed));
      if (typeof value !== 'object' || value === null) return value;
      const entries = Object.entries(value).map(([name, item]) => [name, shuffled(item, seed)] as const);
      return Object.fromEntries(
        entries.sort(
          (a, b) =>
            ((a[0].length * 7 + a[0].charCodeAt(0) * seed) % 13) -
            ((b[0].length * 7 + b[0].charCodeAt(0) * seed) % 13),
        ),
      );
    };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...lines), fc.integer({ min: 1, max: 12 }), async (line, seed) => {
        await same(asLine(JSON.stringify(shuffled(JSON.parse(line), seed))));
      }),
      runs(150),
    );
  });

  test('on generated documents, duplicate and dotted keys and escapes among them', async () => {
    await fc.assert(
      fc.asyncProperty(event, clusters, async (body, named) => same({ ...asLine(body), ...named })),
      runs(1500),
    );
  });

  test('on bodies that hold a pod in one of several places', async () => {
    await fc.assert(
      fc.asyncProperty(podEvent, async (one) => {
        await same(asLine(JSON.stringify(one)));
        await same(request(withBody(one), 'otlp'));
      }),
      runs(1500),
    );
  });

  test('on JSON patches', async () => {
    await fc.assert(
      fc.asyncProperty(patchEvent, async (one) => {
        await same(asLine(JSON.stringify(one)));
        await same(request(withBody(one), 'otlp'));
      }),
      runs(1500),
    );
  });

  test('on captured and generated events with bytes changed, dropped, added or repeated', async () => {
    const body = fc.oneof(fc.constantFrom(...lines.slice(0, 300)), event).map((line) => Buffer.from(line));
    await fc.assert(
      fc.asyncProperty(body, edits, async (bytes, how) => same(asLine(mutate(bytes, how)))),
      runs(1500),
    );
  });

  test('on requests whose protobuf was changed', async () => {
    const body = fc.oneof(fc.constantFrom(...lines.slice(0, 300)), event, fc.string());
    const whole = fc
      .array(body, { maxLength: 4 })
      .map((bodies) => otlpBytes(bodies, { 'k8s.cluster.name': 'prod', other: 'x' }));
    await fc.assert(
      fc.asyncProperty(whole, fc.option(edits), clusters, async (bytes, how, named) =>
        same({ ...request(how ? mutate(bytes, how) : bytes, 'otlp'), ...named }),
      ),
      runs(1500),
    );
  });

  test('on maps straight from protobuf, changed ones too', async () => {
    const document = fc.oneof(
      fc.constantFrom(...lines).map((line) => JSON.parse(line) as unknown),
      event.map((one) => JSON.parse(one) as unknown),
      fc.record({ auditID: fc.string(), stage: fc.string(), a: fc.double(), verb: fc.integer() }),
    );
    const bytes = document.map(withBody);
    await fc.assert(
      fc.asyncProperty(bytes, fc.option(edits), clusters, async (one, how, named) =>
        same({ ...request(how ? mutate(one, how) : one, 'otlp'), ...named }),
      ),
      runs(1000),
    );
  });

  test('on events whose objects are JSON text in strings, as JSON, as maps and in lists', async () => {
    const fields = [...OBJECT_FIELDS, 'verb', 'stage', 'auditID'];
    const stringified = (document: Document, path: string): Document => {
      const [key = '', ...inner] = path.split('.');
      const value = document[key];
      if (value === undefined) return document;
      if (inner.length > 0)
        return typeof value === 'object' && value !== null
          ? { ...document, [key]: stringified(value as Document, inner.join('.')) }
          : document;
      return { ...document, [key]: typeof value === 'string' ? value : JSON.stringify(value) };
    };
    const changed = fc
      .tuple(
        fc.constantFrom(...lines.slice(0, 300)),
        fc.subarray(fields),
        fc.constantFrom<unknown>('{', '[5', '["a",{"b":"k"}]', '{"b":null}', '\\', ' {}', '{}', undefined),
      )
      .map(([line, paths, other]) => {
        const event = paths.reverse().reduce(stringified, JSON.parse(line) as Document);
        return other === undefined ? event : { ...event, sourceIPs: other, user: { groups: other } };
      });
    await fc.assert(
      fc.asyncProperty(changed, async (one) => {
        const list = { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: [one, { verb: 'get' }] };
        for (const document of [one, list, { ...list, items: JSON.stringify(list.items) }]) {
          await same(asLine(JSON.stringify(document)));
          await same(request(withBody(document), 'otlp'));
        }
      }),
      runs(300),
    );
  });

  test('on a document whose scan is paused, wherever that is', async () => {
    // The values before the pause: the document itself, the list, and its members.
    const paused = (document: string, left: number) =>
      `{"pad":[${'1,'.repeat(ENTRIES_AT_ONCE - 3 - left)}1],${document.slice(1)}`;
    const whole = fc
      .oneof(event, fc.constantFrom(...lines.slice(0, 300)))
      .filter((one) => /^{\s*"/.test(one));
    await fc.assert(
      fc.asyncProperty(whole, fc.nat({ max: 12 }), async (one, left) => {
        const text = paused(one, left);
        const list = `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[${one},${text}]}`;
        for (const form of [text, list]) {
          await same(asLine(form));
          await same(request(otlpBytes([form]), 'otlp'));
        }
      }),
      runs(12),
    );
  });

  test('on the records beside one that is not read at all', async () => {
    const beyond = Buffer.concat([bodyOf(lines[0]!), repeated(EMPTY_ATTRIBUTE, FIELDS_MAX)]);
    const told = async (reader: ReadRequest, records: readonly Uint8Array[]) => {
      const events: unknown[] = [];
      const outcome = await reader(request(requestOf(records), 'otlp'), plan, (one) => {
        events.push(tell(one, plan));
      });
      if ('malformed' in outcome) throw new Error(outcome.malformed);
      const { records: all, rejected, passedBy } = outcome;
      return { events, all, rejected, passedBy };
    };
    const bodies = fc.array(fc.oneof(event, fc.constantFrom(...lines.slice(0, 300)), fc.string()), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(bodies, fc.nat({ max: 4 }), async (texts, at) => {
        const records = texts.map(bodyOf);
        const without = await told(readPlainly, records);
        expect(await told(read, records.toSpliced(at, 0, beyond))).toEqual({
          ...without,
          all: without.all + 1,
          rejected: without.rejected + 1,
        });
      }),
      runs(20),
    );
  });

  test('on a request that takes several turns', async () => {
    const bodies = Array.from({ length: 3000 }, (_, i) => lines[i % lines.length]!);
    await same(request(otlpBytes(bodies, { 'k8s.cluster.name': 'prod' }), 'otlp'));
  });
});

test('ordinary events are never left to the slower reader', async () => {
  const outcome = await read(request(otlpBytes(lines), 'otlp'), plan, () => {});
  expect(outcome).toMatchObject({ events: lines.length, slow: {} });
});

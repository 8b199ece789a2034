import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../src/audit/field-plan.ts';
import { readPlainly } from '../../src/audit/plain/read-plainly.ts';
import { read } from '../../src/audit/read.ts';
import { ExportLogsServiceRequestSchema } from '../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { EventReader, FieldNeed, FieldPlan, ReadRequest } from '../../src/model/event.ts';
import type { Request } from '../../src/model/request.ts';
import { otlpBytes, request } from '../support/events.ts';
import { runs } from '../support/property.ts';
import { kept, tell } from '../unit/audit/told.ts';

// The byte reader against the plain one, which decodes all of a request first: the same answers, whatever the bytes are.
// `npm run fuzz` runs the same with FUZZ times as many documents.

const PATHS = [
  'auditID',
  'stage',
  'verb',
  'user.username',
  'user.groups',
  'user.extra',
  'sourceIPs',
  'objectRef.resource',
  'responseStatus.code',
  'responseStatus',
  'annotations.authorization.k8s.io/decision',
  'requestObject.spec.containers',
  'requestObject.spec.containers.image',
  'requestObject.spec.containers.securityContext.privileged',
  'stageTimestamp',
  'a',
  'a.b',
  'a.b.c',
  'b.c',
  'a.b.c.d',
  'sourceIPs[0]',
  'sourceIPs[-1]',
  'requestObject.spec.containers[0].image',
  'a[0]',
  'a[-2]',
  'a[1][0]',
  'a[0].b',
  'a.b[-1]',
  'a.b[0].c',
  'a\\[0\\]',
  'resource.list[1]',
  'resource.k8s.cluster.name',
  'record.log.file.path',
  'k8s.cluster.name',
];
const LITERALS = [
  'get',
  'list',
  '403',
  'pods',
  'forbid',
  'system:anonymous',
  'true',
  'k',
  '',
  'é',
  '1e400',
  '-0',
  '0',
];
const needs: FieldNeed[] = [
  ...PATHS.map((path) => ({ path, literals: LITERALS })),
  { path: 'image', within: 'requestObject.spec.containers', literals: LITERALS },
  { path: 'securityContext.privileged', within: 'requestObject.spec.containers', literals: [] },
  { path: 'k', within: 'requestObject.spec.containers[0].image', literals: [] },
  { path: 'b', within: 'a', literals: LITERALS },
  { path: 'b.c', within: 'a', literals: [] },
  { path: 'b[0]', within: 'a', literals: LITERALS },
  { path: 'c', within: 'b', literals: [] },
  { path: 'c', within: 'a.b', literals: LITERALS },
  { path: 'b', within: 'a[0]', literals: [] },
  { path: 'b', within: 'b[0]', literals: [] },
];
const plan = compilePlan(needs);

/** What `tell` leaves out: literals and leaves, of members too. */
function further(event: EventReader, by: FieldPlan, within?: string): object {
  const fields = by.needs.flatMap((need) => {
    if (need.within !== within) return [];
    const id = by.id(need.path, within);
    const literals = Array.from({ length: event.count(id) }, (_, i) => event.literal(id, i));
    const members = Array.from({ length: event.members(id) }, (_, i) =>
      further(event.member(id, i), by, need.path),
    );
    return [[need.path, literals, members]];
  });
  const leaves: string[] = [];
  event.someLeaf((text) => {
    leaves.push(text);
    return false;
  });
  return { fields, leaves: leaves.sort() };
}

/** Everything that a reader says of a request. */
async function answers(reader: ReadRequest, from: Request, by: FieldPlan): Promise<unknown> {
  const events: unknown[] = [];
  const outcome = await reader(from, by, (event, about) => {
    events.push({ told: tell(event, by), about: kept(about), ...further(event, by) });
  });
  if ('malformed' in outcome) return { malformed: true };
  const { slow: _, ...report } = outcome;
  return { events, report };
}

async function same(from: Request): Promise<void> {
  expect(await answers(read, from, plan)).toEqual(await answers(readPlainly, from, plan));
}

const captures = new URL('../captures/', import.meta.url);
const lines = ['metadata', 'request-response'].flatMap((level) =>
  readdirSync(new URL(`${level}/`, captures)).flatMap((name) => {
    const bytes = readFileSync(new URL(`${level}/${name}`, captures));
    return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().trim().split('\n');
  }),
);

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
/** The same string with some letters escaped, where that is easily done. */
const escapes = (text: string) =>
  /^[\w./:-]*$/.test(text)
    ? `"${[...text].map((c, i) => (i % 5 === 3 ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}` : c)).join('')}"`
    : JSON.stringify(text);
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
const number = fc.constantFrom(
  '0',
  '-0',
  '403',
  '403.0',
  '4.03e2',
  '1e400',
  '123456789012345678',
  '-1',
  '0.5',
  '1E-7',
  '12345678901234567890',
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

const edits = fc.array(
  fc.record({
    at: fc.nat(),
    byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...Buffer.from('"\\{}[],:0 \n.eE-+u'))),
    how: fc.constantFrom('set', 'drop', 'add', 'cut', 'repeat'),
  }),
  { minLength: 1, maxLength: 3 },
);
function mutate(bytes: Uint8Array, how: readonly { at: number; byte: number; how: string }[]): Uint8Array {
  const out = [...bytes];
  for (const edit of how) {
    if (out.length === 0) break;
    const at = edit.at % out.length;
    if (edit.how === 'set') out[at] = edit.byte;
    else if (edit.how === 'drop') out.splice(at, 1);
    else if (edit.how === 'add') out.splice(at, 0, edit.byte);
    else if (edit.how === 'cut') out.length = at;
    else out.splice(at, 0, ...out.slice(at, at + (edit.byte % 40)));
  }
  return Uint8Array.from(out);
}

const asLine = (body: string | Uint8Array) =>
  request(typeof body === 'string' ? Buffer.from(body) : body, 'line');

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
      fc.asyncProperty(event, async (body) => same(asLine(body))),
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
      fc.asyncProperty(whole, fc.option(edits), async (bytes, how) =>
        same(request(how ? mutate(bytes, how) : bytes, 'otlp')),
      ),
      runs(1500),
    );
  });

  test('on maps straight from protobuf, changed ones too', async () => {
    type Any = Parameters<typeof create<typeof ExportLogsServiceRequestSchema>>[1];
    const anyOf = (value: unknown): object => {
      if (typeof value === 'string') return { value: { case: 'stringValue', value: value.toWellFormed() } };
      if (typeof value === 'boolean') return { value: { case: 'boolValue', value } };
      if (typeof value === 'number')
        return Number.isSafeInteger(value)
          ? { value: { case: 'intValue', value: BigInt(value) } }
          : { value: { case: 'doubleValue', value } };
      if (Array.isArray(value)) return { value: { case: 'arrayValue', value: { values: value.map(anyOf) } } };
      if (value === null || typeof value !== 'object') return {};
      return {
        value: {
          case: 'kvlistValue',
          value: {
            values: Object.entries(value).map(([name, item]) => ({
              key: name.toWellFormed(),
              value: anyOf(item),
            })),
          },
        },
      };
    };
    const document = fc.oneof(
      fc.constantFrom(...lines).map((line) => JSON.parse(line) as unknown),
      event.map((one) => JSON.parse(one) as unknown),
      fc.record({ auditID: fc.string(), stage: fc.string(), a: fc.double(), verb: fc.integer() }),
    );
    const bytes = document.map((body) =>
      toBinary(
        ExportLogsServiceRequestSchema,
        create(ExportLogsServiceRequestSchema, {
          resourceLogs: [
            {
              scopeLogs: [{ logRecords: [{ body: anyOf(body), timeUnixNano: 1_768_467_791_204_000_000n }] }],
            },
          ],
        } as Any),
      ),
    );
    await fc.assert(
      fc.asyncProperty(bytes, fc.option(edits), async (one, how) =>
        same(request(how ? mutate(one, how) : one, 'otlp')),
      ),
      runs(1000),
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

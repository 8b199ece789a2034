import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ByteReading } from '../../../src/audit/bytes/byte-reading.ts';
import { FieldTokens } from '../../../src/audit/bytes/field-tokens.ts';
import { KIND } from '../../../src/audit/bytes/token-kinds.ts';
import {
  ENTRIES_AT_ONCE,
  ENTRIES_MAX,
  FIELDS_MAX,
  isCostlyJson,
  MEMBERS_MAX,
  PIECES_BYTES_MAX,
  PLAIN_BYTES_MAX,
  PLAIN_JSON_MAX,
  PLAIN_MESSAGES_MAX,
  SECTIONS_MAX,
  UNUSUAL_BYTES_MAX,
  VALUES_MAX,
} from '../../../src/audit/document/charge.ts';
import { compilePlan } from '../../../src/audit/field-plan.ts';
import { decodeRecord } from '../../../src/audit/plain/decode-otlp.ts';
import { readPlainly } from '../../../src/audit/plain/read-plainly.ts';
import { read } from '../../../src/audit/read.ts';
import type { EventReader, Visit } from '../../../src/model/event.ts';
import { request } from '../../support/events.ts';
import { bodyOf, EMPTY_ATTRIBUTE, field, repeated, requestOf } from '../../support/protobuf.ts';
import { needs } from './told.ts';

const plan = compilePlan(
  needs(
    'verb',
    'sourceIPs',
    'user.groups',
    'record.a',
    'resource.a',
    'podSpec.containers',
    'podSpec.containers[].a',
    'podSpec.containers.b',
    'requestObject',
  ),
);
const EVENT = '{"auditID":"a","stage":"Panic"';
const event = bodyOf(`${EVENT}}`);
const list = (member: string, times: number) => `[${Array(times).fill(member).join(',')}]`;
const withGroups = (times: number) => `${EVENT},"user":{"groups":${list('"g"', times)}}}`;
const withContainers = (member: string, times: number) =>
  `${EVENT},"requestObject":{"spec":{"containers":${list(member, times)}}}}`;

/** What reading comes to; `visit` asks for what a rule might. */
const readIt = async (bytes: Uint8Array, visit: Visit = () => {}) =>
  read(request(bytes, 'otlp'), plan, visit);
const beside = (record: Uint8Array) => requestOf([event, record, event]);
const rejected = (why: RegExp) => ({ events: 2, rejected: 1, why: expect.stringMatching(why) });

describe('what is charged before anything of it is decoded', () => {
  test('a record of millions of empty attributes is rejected, its neighbours are read', async () => {
    const full = repeated(EMPTY_ATTRIBUTE, FIELDS_MAX - 20);
    const more = repeated(EMPTY_ATTRIBUTE, FIELDS_MAX + 1);
    expect(await readIt(beside(Buffer.concat([event, full])))).toMatchObject({ events: 3, rejected: 0 });
    for (const record of [more, Buffer.concat([event, more])])
      expect(await readIt(beside(record))).toMatchObject(rejected(/^record 1: more than 750000 fields/));
  });

  test('so is one of as many unknown fields, and a map or an array of as many values', async () => {
    for (const record of [
      repeated(Buffer.from([0x78, 0x00]), FIELDS_MAX + 1),
      field(5, field(6, repeated(field(1), FIELDS_MAX + 1))),
      field(5, field(5, repeated(field(1), FIELDS_MAX + 1))),
    ])
      expect(await readIt(beside(record))).toMatchObject(rejected(/more than 750000 fields/));
  });

  test('a resource or a scope beyond the bound rejects its records, and no others', async () => {
    for (const bytes of [
      requestOf([event], repeated(field(1), PLAIN_MESSAGES_MAX + 1)),
      requestOf([event], repeated(Buffer.from([0x78, 0x00]), FIELDS_MAX + 1)),
      requestOf([event], undefined, repeated(field(3), FIELDS_MAX + 1)),
    ]) {
      const outcome = await readIt(Buffer.concat([requestOf([event]), bytes, requestOf([event])]));
      expect(outcome).toMatchObject(rejected(/^record 1: (more than|its resource is too large)/));
    }
    const resource = repeated(field(1), PLAIN_MESSAGES_MAX);
    expect(await readIt(requestOf([event], resource))).toMatchObject({ events: 1, rejected: 0 });
  });

  test('attributes are decoded only where a rule asks for them, and not beyond the bound', async () => {
    const record = Buffer.concat([event, repeated(EMPTY_ATTRIBUTE, PLAIN_MESSAGES_MAX)]);
    const asks = (asked: EventReader) => void asked.count(plan.id('record.a'));
    expect(await readIt(beside(record))).toMatchObject({ events: 3, rejected: 0 });
    expect(await readIt(beside(record), asks)).toMatchObject(rejected(/^record 1: attributes too large/));
  });

  test('the body costs an attribute nothing', async () => {
    const record = Buffer.concat([
      field(6, field(1, 'a'), field(2, field(1, 'u'))),
      field(6, field(1, 'b')),
      bodyOf(`${EVENT},"x":"${'x'.repeat(3 * 2 ** 20)}"}`),
      field(6, field(1, 'a'), field(2, field(1, 'v'))),
      field(12, 'name'),
    ]);
    const seen: unknown[] = [];
    await readIt(requestOf([record]), (asked) => void seen.push(asked.scalar(plan.id('record.a'), 0)));
    expect(seen).toEqual(['v']);
  });

  test('a record that only the protobuf library understands is decoded within the bound, else rejected by name', async () => {
    const twice = (attributes: number) =>
      beside(Buffer.concat([event, event, repeated(EMPTY_ATTRIBUTE, attributes)]));
    expect(await readIt(twice(1000))).toMatchObject({ events: 3, slow: { unusual_record: 1 } });
    expect(await readIt(twice(PLAIN_MESSAGES_MAX))).toMatchObject(rejected(/too large .*unusual_record/));
  });

  test('unknown fields are not kept', () => {
    expect(decodeRecord(Buffer.from([0x78, 0x00])).$unknown).toBeUndefined();
  });

  test('a request with unusual protobuf is decoded while it is small', async () => {
    const unusual = (attributes: number) =>
      field(1, field(1), field(1), field(2, field(2, event, repeated(EMPTY_ATTRIBUTE, attributes))));
    expect(await readIt(unusual(10))).toMatchObject({ events: 1, slow: { unusual_request: 1 } });
    expect(await readIt(unusual(UNUSUAL_BYTES_MAX / 2))).toEqual({
      malformed: expect.stringMatching(/send smaller batches/),
    });
  });

  test('a request of too many resources or scopes is malformed', async () => {
    for (const bytes of [
      repeated(field(1), SECTIONS_MAX + 1),
      field(1, repeated(field(2), SECTIONS_MAX)),
      field(1, repeated(Buffer.from([0x78, 0x00]), SECTIONS_MAX)),
      field(1, field(2, repeated(Buffer.from([0x78, 0x00]), SECTIONS_MAX))),
    ])
      expect(await readIt(bytes)).toEqual({ malformed: `more than ${SECTIONS_MAX} resources and scopes` });
  });

  test('a scope may come after its records: they are ours all the same', async () => {
    const own = field(1, field(2, field(2, event), field(1, field(1, 'sidewatch'))));
    expect(await readIt(Buffer.concat([own, requestOf([event])]))).toMatchObject({
      events: 1,
      passedBy: { own: 1 },
    });
  });

  test('a document of more values than are walked is rejected, whatever it is', async () => {
    for (const text of [
      `${EVENT},"x":${list('1', ENTRIES_MAX)}}`,
      `${EVENT},"x":${list('{}', ENTRIES_MAX)}}`,
      `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":${list('{}', ENTRIES_MAX)}}`,
    ])
      expect(await readIt(beside(bodyOf(text)))).toMatchObject(
        rejected(new RegExp(`^record 1: more than ${ENTRIES_MAX} JSON values`)),
      );
  });

  test('what is decoded as JSON text is charged by what becomes of it', () => {
    const isCostly = (text: string, inStrings?: boolean) =>
      isCostlyJson(Buffer.from(text), 0, text.length, inStrings);
    expect(isCostly(list('"::"', VALUES_MAX))).toBe(false);
    expect(isCostly(list('"::"', PLAIN_JSON_MAX + 1))).toBe(true);
    expect(isCostly(`{${'"a":1,'.repeat(PLAIN_JSON_MAX / 8)}}`)).toBe(false);
    expect(isCostly(`{${'"a":1,'.repeat(PLAIN_JSON_MAX / 6)}}`)).toBe(true);
    expect(isCostly(`"${',\\"'.repeat(PLAIN_JSON_MAX + 1)}"`)).toBe(false);
    expect(isCostly(`"${',\\"'.repeat(PLAIN_JSON_MAX + 1)}"`, true)).toBe(true);
  });

  test('JSON text in a string of JSON text is charged too', async () => {
    const text = `${EVENT},"requestObject":"${list('1', PLAIN_JSON_MAX + 2)}"}`;
    expect(await readIt(beside(bodyOf(text)))).toMatchObject(rejected(/too large .*json_strings/));
  });
});

describe('what rules may look at in one event', () => {
  const asks = (path: string) => (asked: EventReader) => {
    const id = plan.id(path);
    asked.count(id);
    for (let i = 0; i < Math.min(1, asked.members(id)); i++) asked.member(id, i);
  };
  const CASES: readonly (readonly [
    what: string,
    path: string,
    within: string,
    beyond: string,
    why: RegExp,
  ])[] = [
    [
      'values of a field',
      'user.groups',
      withGroups(VALUES_MAX),
      withGroups(VALUES_MAX + 1),
      /a field has more than 400000 values/,
    ],
    [
      'objects of a list',
      'podSpec.containers',
      withContainers('{"a":1}', MEMBERS_MAX),
      withContainers('{}', MEMBERS_MAX + 1),
      /a list has more than 5000 objects/,
    ],
    [
      'members that a path leads through',
      'podSpec.containers.b',
      withContainers('{}', MEMBERS_MAX),
      withContainers('[1,{}]', MEMBERS_MAX / 2 + 1),
      /leads through a list of more than 5000 members/,
    ],
  ];

  test.each(CASES)(
    '%s: beyond the bound both readers reject the record',
    async (_, path, within, beyond, why) => {
      for (const reader of [read, readPlainly]) {
        const answer = async (text: string, visit: Visit) =>
          reader(request(beside(bodyOf(text)), 'otlp'), plan, visit);
        expect(await answer(within, asks(path))).toMatchObject({ events: 3, rejected: 0 });
        expect(await answer(beyond, asks(path))).toMatchObject(rejected(why));
        expect(await answer(beyond, asks('verb'))).toMatchObject({ events: 3, rejected: 0 });
      }
    },
  );

  test('in a list of events the others are visited', async () => {
    const text = `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[${EVENT}},${withGroups(VALUES_MAX + 1)},${EVENT}}]}`;
    for (const reader of [read, readPlainly])
      expect(
        await reader(request(requestOf([bodyOf(text)]), 'otlp'), plan, asks('user.groups')),
      ).toMatchObject(rejected(/^record 0: a field has more/));
  });

  test('a client that writes as many addresses as fit into a header has its events read', async () => {
    const text = `${EVENT},"sourceIPs":${list('"::"', Math.floor(2 ** 20 / 3))}}`;
    const seen: unknown[] = [];
    const outcome = await readIt(requestOf([bodyOf(text)]), (asked) => {
      const id = plan.id('sourceIPs');
      seen.push(
        asked.scalar(id, asked.count(id) - 1),
        asked.someLeaf((leaf) => leaf === 'nothing'),
      );
    });
    expect(outcome).toMatchObject({ events: 1, rejected: 0 });
    expect(seen).toEqual(['::', false]);
  });

  test('what a rule asks to be decoded has a bound: a value, the objects of a list, the event', async () => {
    const long = 'x'.repeat(3 * 2 ** 20);
    const id = plan.id('podSpec.containers');
    const all = [
      [
        `${EVENT},"verb":"${long}"}`,
        (asked: EventReader) => asked.count(plan.id('verb')) > 0 && asked.scalar(plan.id('verb'), 0),
        /a value is too large/,
      ],
      [
        withContainers(`{"a":"${long}"}`, 1),
        (asked: EventReader) => asked.members(id) > 0 && asked.member(id, 0),
        /too large to be decoded/,
      ],
      [
        `${EVENT},"x":"${long}"}`,
        (asked: EventReader) => void asked.someLeaf(() => false),
        /too large to be decoded/,
      ],
    ] as const;
    for (const [text, visit, why] of all) {
      expect(await readIt(beside(bodyOf(text)), visit)).toMatchObject({
        rejected: 1,
        why: expect.stringMatching(why),
      });
      expect(await readIt(beside(bodyOf(text)))).toMatchObject({ events: 3, rejected: 0 });
    }
  });

  test('a fault of a rule is no fault of the record', async () => {
    const visit = () => {
      throw new RangeError('a bug');
    };
    for (const reader of [read, readPlainly])
      await expect(async () => reader(request(requestOf([event]), 'otlp'), plan, visit)).rejects.toThrow(
        'a bug',
      );
  });

  test('the room that a long list took is given back', () => {
    const tokens = new FieldTokens();
    for (let i = 0; i < 100_000; i++) tokens.add(KIND.true, i, i, true);
    expect(tokens.starts.length).toBeGreaterThan(100_000);
    tokens.begin(1);
    expect(tokens.starts.length).toBeLessThan(2000);
  });
});

describe('turns of the event loop', () => {
  /** The steps in which a request is read. */
  const turnsOf = (bytes: Uint8Array, visit: Visit = () => {}): number => {
    const steps = new ByteReading(request(bytes, 'otlp'), plan, visit).otlp();
    let turns = 1;
    while (!steps.next().done) turns++;
    return turns;
  };

  test('a document of many values takes one for each so many', () => {
    const values = (times: number) => requestOf([bodyOf(`${EVENT},"x":${list('1', times)}}`)]);
    expect(turnsOf(values(1000))).toBe(1);
    expect(turnsOf(values(5 * ENTRIES_AT_ONCE))).toBe(6);
  });

  test('a list of many events takes several, and so do texts of many documents, empty records and attributes', () => {
    const items = list(`${EVENT}}`, 20_000);
    expect(
      turnsOf(requestOf([bodyOf(`{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":${items}}`)])),
    ).toBeGreaterThan(5);
    expect(turnsOf(requestOf([bodyOf(`${EVENT}}`.repeat(9000))]))).toBeGreaterThan(5);
    expect(turnsOf(requestOf([bodyOf('text\n'.repeat(100_000))]))).toBeGreaterThan(5);
    expect(turnsOf(field(1, field(2, repeated(field(2), 1_000_000))))).toBeGreaterThan(20);
    const record = field(2, repeated(EMPTY_ATTRIBUTE, 100_000));
    expect(turnsOf(field(1, field(2, repeated(record, 30))))).toBeGreaterThan(5);
  });

  test('events that make hits take more', () => {
    const bytes = requestOf(Array(3000).fill(event));
    expect(turnsOf(bytes)).toBe(1);
    expect(turnsOf(bytes, () => 1)).toBeGreaterThan(5);
  });
});

test('docs/windows.md lists the bounds', () => {
  const page = readFileSync(new URL('../../../docs/windows.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('## Bounds'), page.indexOf('## What a flood'));
  const counts = [
    ENTRIES_MAX,
    FIELDS_MAX,
    PLAIN_MESSAGES_MAX,
    PLAIN_JSON_MAX,
    SECTIONS_MAX,
    VALUES_MAX,
    MEMBERS_MAX,
  ];
  for (const bound of counts) expect(table).toContain(` ${bound.toLocaleString('en')} `);
  expect(table).toContain(` ${PLAIN_BYTES_MAX / 2 ** 20} MiB `);
  expect(table).toContain(` ${PIECES_BYTES_MAX / 2 ** 20} MiB `);
  expect(table).toContain(` ${UNUSUAL_BYTES_MAX / 2 ** 10} KiB `);
});

import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../../src/audit/field-plan.ts';
import { read } from '../../../src/audit/read.ts';
import { at, otlpBytes, refused, request, TEN } from '../../support/events.ts';
import { readAll, readNow, toldOf } from './told.ts';

const AUDIT = 'audit.k8s.io/v1';
const EVENT = { auditID: 'a', stage: 'ResponseComplete', verb: 'get' };
const list = (...items: unknown[]) => ({ kind: 'EventList', apiVersion: AUDIT, metadata: {}, items });

/** One OTLP record with the text as its body: how many events it gave, and what became of it. */
const fate = (body: unknown) => {
  const { seen, report } = readAll(
    request(otlpBytes([typeof body === 'string' ? body : JSON.stringify(body)]), 'otlp'),
  );
  expect(report.records).toBe(1);
  expect(report.events).toBe(seen.length);
  return report.rejected > 0 ? `rejected, ${seen.length}` : (Object.keys(report.passedBy)[0] ?? seen.length);
};

describe('an audit event', () => {
  it.each([
    ['an object with auditID and stage', EVENT],
    ['an object of another kind with auditID and stage', { ...EVENT, kind: 'Whatever', apiVersion: 'v1' }],
    ['auditID and stage may be empty', { auditID: '', stage: '' }],
    ['kind Event of audit.k8s.io', { kind: 'Event', apiVersion: AUDIT }],
    ['kind Event in escapes', '{"kind":"Ev\\u0065nt","apiVersion":"audit\\u002ek8s.io/v1"}'],
    ['kind Event of v1beta1', { kind: 'Event', apiVersion: 'audit.k8s.io/v1beta1' }],
    ['the item of a list, with nothing in it', list({})],
    [
      'the item of a list of v1alpha1',
      { kind: 'EventList', apiVersion: 'audit.k8s.io/v1alpha1', items: [{}] },
    ],
    ['text with white space around it', ` \t\r\n${JSON.stringify(EVENT)}\r\n`],
    ['text with a byte order mark', `\ufeff${JSON.stringify(EVENT)}`],
  ])('is %s', (_, body) => {
    expect(fate(body)).toBe(1);
  });

  it.each([
    ['the core Event', { kind: 'Event', apiVersion: 'v1', reason: 'Started' }, 'json'],
    ['an Event of events.k8s.io', { kind: 'Event', apiVersion: 'events.k8s.io/v1' }, 'json'],
    ['an Event of a group that ends alike', { kind: 'Event', apiVersion: 'my-audit.k8s.io/v1' }, 'json'],
    ['another kind in escapes', '{"kind":"Ev\\u0065nts","apiVersion":"audit.k8s.io/v1"}', 'json'],
    ['an Event without a version', { kind: 'Event' }, 'json'],
    ['an Event with an odd version', { kind: 'Event', apiVersion: ['audit.k8s.io/v1'] }, 'json'],
    ['another kind of audit.k8s.io', { kind: 'Policy', apiVersion: AUDIT, rules: [] }, 'json'],
    ['a core EventList', { kind: 'EventList', apiVersion: 'v1', items: [EVENT] }, 'json'],
    ['auditID without stage', { auditID: 'a' }, 'json'],
    ['a stage that is no string', { auditID: 'a', stage: 1 }, 'json'],
    ['an array of something else', [{ kind: 'Pod' }, 5], 'json'],
    ['an empty array', [], 'empty'],
    ['NUL bytes', '\0\0\n\0', 'empty'],
    ['other documents side by side', '{"a":1}{"b":2}', 'json'],
    ['an event inside an object that is no envelope', { event: EVENT }, 'json'],
    ['a number', '403', 'json'],
    ['null', 'null', 'json'],
    ['a JSON string that holds auditID', '"auditID"', 'json'],
    ['a line of text', 'I1125 10:00:00 1 server.go:1] started', 'text'],
    ['an unfinished object without a mark', '{"kind":"Event"', 'text'],
    ['nothing', '', 'empty'],
    ['white space', ' \r\n', 'empty'],
    ['a byte order mark', '\ufeff', 'empty'],
    ['a list without items', list(), 'empty'],
    ['a list whose items are null', { ...list(), items: null }, 'empty'],
  ])('is not %s', (_, body, kind) => {
    expect(fate(body)).toBe(kind);
  });
});

describe('several documents in one record', () => {
  const [one, two] = [JSON.stringify(EVENT), JSON.stringify(list(EVENT, EVENT))];
  it.each([
    ['side by side', `${one}${one}`, 2],
    ['on lines', `${one}\n${one}\r\n\n${one}`, 3],
    ['with commas', `${one}, ${one},`, 2],
    ['as an array', `[${one},${one}]`, 2],
    ['as an array over lines', `[\n${one},\n${one}\n]\n`, 2],
    ['as an array that is cut off', `[${one},${one},`, 2],
    ['over lines each', `${JSON.stringify(EVENT, null, 2)}\n${JSON.stringify(EVENT, null, 2)}`, 2],
    ['with byte order marks', `\ufeff${one}\n\ufeff${one}`, 2],
    ['with NUL bytes around', `\0\0${one}\0\n\0${one}\0`, 2],
    ['an event and a list', `${one}${two}`, 3],
    ['an event and something else', `${one}\n{"kind":"Pod"}\n`, 1],
  ])('%s', (_, body, events) => {
    expect(fate(body)).toBe(events);
  });

  it('are counted, and so are NUL bytes', () => {
    const bodies = [`\0\0${one}`, `${one}${one}`, one, `text \0`, `\0`];
    expect(readAll(request(otlpBytes(bodies), 'otlp')).report).toMatchObject({ several: 1, nulBytes: 3 });
  });

  it('text before the event is named as the reason', () => {
    const { report } = readAll(request(otlpBytes([`10:00:00 audit says ${one}`]), 'otlp'));
    expect(report.why).toBe('record 0: text stands before the event');
  });
});

describe('objects that stand in an event as JSON text in strings', () => {
  const event = {
    ...EVENT,
    user: { username: 'jane', groups: ['a', 'b'] },
    sourceIPs: ['192.0.2.1'],
    objectRef: { resource: 'pods' },
    responseStatus: { code: 403 },
    requestObject: { spec: { hostPID: true } },
    annotations: { 'a/b': '{"c":1}' },
  };
  const fields = [
    'user.username',
    'user.groups',
    'sourceIPs',
    'objectRef.resource',
    'responseStatus.code',
    'requestObject.spec.hostPID',
    'annotations.a/b',
  ];
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const strings = Object.fromEntries(Object.entries(event).map(([key, value]) => [key, text(value)]));

  it('read as the objects would', () => {
    expect(toldOf(JSON.stringify(strings), ...fields)).toEqual(toldOf(JSON.stringify(event), ...fields));
    const nested = { ...event, user: { ...event.user, groups: text(event.user.groups) } };
    expect(toldOf(JSON.stringify(nested), ...fields)).toEqual(toldOf(JSON.stringify(event), ...fields));
  });

  it('stay strings where they are none', () => {
    const odd = { ...EVENT, user: '{"username":', sourceIPs: '192.0.2.1', objectRef: '[cut' };
    expect(toldOf(JSON.stringify(odd), 'user', 'sourceIPs', 'objectRef')).toEqual({
      user: ['value', '{"username":'],
      sourceIPs: ['value', '192.0.2.1'],
      objectRef: ['value', '[cut'],
    });
  });

  it('are counted as read the slower way', () => {
    expect(readNow(request(JSON.stringify(strings), 'otlp-json'), compilePlan([]), () => {})).toHaveProperty(
      'malformed',
    );
    const outcome = readNow(request(otlpBytes([strings, event]), 'otlp'), compilePlan([]), () => {});
    expect(outcome).toMatchObject({ events: 2, slow: { json_strings: 1 } });
  });
});

describe('what a record without an event looks like is reported without its content', () => {
  it.each([
    ['', 'an empty body'],
    ['\0\0', 'NUL bytes'],
    ['2026-01-15T10:00:00Z secret', 'text that begins with digits'],
    [' I0115 secret', 'text that begins with letters'],
    ['{"secret', 'text that begins with a brace, but is no JSON'],
    ['[secret] x', 'text that begins with a bracket, but is no JSON'],
    ['"secret', 'text that begins with a quote, but is no JSON'],
    ['<14>secret', 'text that begins with another character'],
    ['\u0001secret', 'bytes that are no text'],
    ['"secret"', 'a JSON string, number or literal'],
    ['{"secret":1}', 'a JSON object without auditID'],
    ['{"auditID":"secret"}', 'a JSON object with auditID that is no audit event'],
    ['[{"secret":1}]', 'JSON that is no audit event'],
    ['{"secret":1}{}', 'JSON that is no audit event'],
    ['[]', 'a list without events'],
    [JSON.stringify(list()), 'a list without events'],
  ])('%j', (body, look) => {
    const outcome = readNow(request(otlpBytes([body]), 'otlp'), compilePlan([]), () => {});
    expect(Object.values('looks' in outcome ? outcome.looks : {})).toEqual([look]);
  });
});

describe('malformed', () => {
  it.each([
    ['an event that breaks off before it says its stage', JSON.stringify(EVENT).slice(0, 25), 'rejected, 0'],
    ['an event with a tail', `${JSON.stringify(EVENT)}x`, 'rejected, 1'],
    ['an event behind text', `10:00 audit: ${JSON.stringify(EVENT)}`, 'rejected, 0'],
    ['an event and the beginning of one', `${JSON.stringify(EVENT)}{"auditID":`, 'rejected, 1'],
    [
      'the beginning of an event, and one on the next line',
      `{"auditID":"b\n${JSON.stringify(EVENT)}`,
      'rejected, 1',
    ],
    [
      'the beginning of an event, and one behind NUL bytes',
      `{"auditID":"b\0\0${JSON.stringify(EVENT)}`,
      'rejected, 1',
    ],
    ['an array with something else in it', [EVENT, 5, EVENT], 'rejected, 2'],
    ['an event beside text in braces', `${JSON.stringify(EVENT)}{no JSON}`, 'rejected, 1'],
    ['an event with a raw control character', '{"auditID":"a\u0001","stage":"s"}', 'rejected, 0'],
    ['an event with other white space around it', `\u00a0${JSON.stringify(EVENT)}`, 'rejected, 0'],
    ['text that names audit.k8s.io', 'no matches for kind Policy in audit.k8s.io/v1', 'rejected, 0'],
    ['a list whose items are no array', { ...list(), items: { 0: EVENT } }, 'rejected, 0'],
    ['a list with an item that is not an object', list(EVENT, 'x', EVENT), 'rejected, 2'],
    ['a list with many such items', list(null, 1, [EVENT], EVENT, 'x'), 'rejected, 1'],
  ])('is %s', (_, body, expected) => {
    expect(fate(body)).toBe(expected);
  });

  it('is counted once a record, the good neighbours are read, and the first reason is given', () => {
    const bodies = [EVENT, 'plain text', '{"auditID":"secret', list(EVENT, 1, 2), { ...EVENT, verb: 'list' }];
    const { seen, report } = readAll(request(otlpBytes(bodies), 'otlp'), 'verb');
    expect(seen.map(({ told, about }) => [about.record, told['verb']])).toEqual([
      [0, ['value', 'get']],
      [3, ['value', 'get']],
      [4, ['value', 'list']],
    ]);
    expect(report).toMatchObject({ records: 5, events: 3, rejected: 2, passedBy: { text: 1 } });
    expect(report.why).toMatch(/^record 2: not valid JSON: Unterminated string/);
  });

  it('a bad item is named by its place', () => {
    const { report } = readAll(request(otlpBytes([EVENT, list(EVENT, 1, 2)]), 'otlp'));
    expect(report.why).toBe('record 1: item 1 is not an object');
  });

  it('the reason is one short line whatever the text holds', () => {
    const text = `auditID ${'\ud83d\n\u0007\u2028'.repeat(200)}`;
    const { report } = readAll(request(JSON.stringify(text).slice(1), 'line'));
    expect(report.why!.length).toBeLessThan(140);
    const { report: raw } = readAll(request(Buffer.from(text), 'line'));
    expect(raw.why).not.toMatch(/[\p{Cc}\u2028]/u);
    expect(raw.why!.isWellFormed()).toBe(true);
  });
});

describe('line', () => {
  it.each([
    ['an event', EVENT, { records: 1, events: 1, rejected: 0, passedBy: {} }],
    ['a list', list(EVENT, EVENT), { records: 1, events: 2, rejected: 0, passedBy: {} }],
    [
      'a list with a bad item',
      list(1, EVENT),
      { records: 1, events: 1, rejected: 1, why: 'item 0 is not an object' },
    ],
    ['an empty line', '', { records: 1, events: 0, rejected: 0, passedBy: { empty: 1 } }],
    ['text', 'crash', { records: 1, events: 0, rejected: 0, passedBy: { text: 1 } }],
    ['JSON', {}, { records: 1, events: 0, rejected: 0, passedBy: { json: 1 } }],
    ['half an event', '{"auditID":', { records: 1, events: 0, rejected: 1, passedBy: {} }],
    ['an empty OTLP request', { resourceLogs: [] }, { records: 0, events: 0, rejected: 0, passedBy: {} }],
    ['what is named like one', { resourceLogs: 5 }, { records: 1, events: 0, rejected: 1, passedBy: {} }],
    ['an event with a key named so', { ...EVENT, resourceLogs: 5 }, { records: 1, events: 1, rejected: 0 }],
  ])('%s', (_, line, expected) => {
    const text = typeof line === 'string' ? line : JSON.stringify(line);
    expect(readAll(request(text, 'line')).report).toMatchObject(expected);
  });

  it('an OTLP/JSON request is read with its records and resource', () => {
    const body = { stringValue: JSON.stringify(EVENT) };
    const resource = { attributes: [{ key: 'k8s.cluster.name', value: { stringValue: 'blue' } }] };
    const line = {
      resourceLogs: [
        { resource, scopeLogs: [{ logRecords: [{ body }, { body: { stringValue: 'x' } }, { body }] }] },
      ],
    };
    const { seen, report } = readAll(request(JSON.stringify(line), 'line'), 'k8s.cluster.name');
    expect(report).toEqual({ records: 3, events: 2, passedBy: { text: 1 }, rejected: 0 });
    expect(seen.map(({ about, told }) => [about.record, told['k8s.cluster.name']])).toEqual([
      [0, ['value', 'blue']],
      [2, ['value', 'blue']],
    ]);
  });

  it('invalid UTF-8 is read as U+FFFD', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"auditID":"a","stage":"s","userAgent":"x'),
      Buffer.from([0xc3]),
      Buffer.from('"}'),
    ]);
    expect(readAll(request(bytes, 'line'), 'userAgent').seen[0]!.told).toEqual({
      userAgent: ['value', 'x\ufffd'],
    });
  });
});

describe('event-list', () => {
  const shape = 'event-list';

  it('items are records, and carry no kind', () => {
    const { seen, report } = readAll(
      request(JSON.stringify(list({ verb: 'a' }, { verb: 'b' })), shape),
      'verb',
    );
    expect(report).toEqual({ records: 2, events: 2, passedBy: {}, rejected: 0 });
    expect(seen.map(({ about, told }) => [about.record, told['verb']])).toEqual([
      [0, ['value', 'a']],
      [1, ['value', 'b']],
    ]);
  });

  it('a single event is one record', () => {
    const { report } = readAll(request(JSON.stringify(EVENT), shape));
    expect(report).toEqual({ records: 1, events: 1, passedBy: {}, rejected: 0 });
  });

  it('an empty list has no records', () => {
    expect(readAll(request(JSON.stringify(list()), shape)).report).toMatchObject({ records: 0, events: 0 });
  });

  it.each([
    ['side by side', `${JSON.stringify(list(EVENT, EVENT))}${JSON.stringify(EVENT)}`, 3],
    ['as an array', JSON.stringify([EVENT, EVENT]), 2],
    ['with NUL bytes around them', `\0${JSON.stringify(EVENT)}\0`, 1],
  ])('several documents %s are all read', (_, body, events) => {
    const { seen, report } = readAll(request(body, shape));
    expect(report).toMatchObject({ records: events, events, rejected: 0 });
    expect(seen.map(({ about }) => about.record)).toEqual(seen.map((__, i) => i));
  });

  it('what cannot be read beside them is a rejected record', () => {
    const { report } = readAll(request(`[${JSON.stringify(EVENT)},{"kind":"Pod"},{"auditID":`, shape));
    expect(report).toMatchObject({
      records: 2,
      events: 1,
      rejected: 1,
      why: expect.stringMatching(/^neither/),
    });
  });

  it('a bad item rejects itself alone', () => {
    const { report } = readAll(request(JSON.stringify(list(null, EVENT, 'x')), shape));
    const why = 'item 0 is not an object; item 2 is not an object';
    expect(report).toEqual({ records: 3, events: 1, passedBy: {}, rejected: 2, why });
  });

  it('of many bad items the first are told', () => {
    const { report } = readAll(request(JSON.stringify(list(...Array(12).fill(null))), shape));
    expect(report.why).toBe(
      `${[0, 1, 2, 3, 4].map((i) => `item ${i} is not an object`).join('; ')}; and 7 more`,
    );
  });

  it.each([
    ['nothing', '', /^not valid JSON/],
    ['text', 'hello', /^not valid JSON/],
    ['half a list', '{"kind":"EventList"', /^not valid JSON/],
    ['two of something else', '[{},{}]', /^neither/],
    ['a core list', JSON.stringify({ kind: 'EventList', apiVersion: 'v1', items: [] }), /^neither/],
    ['another object', '{}', /^neither/],
    ['an array', '[]', /^neither/],
    ['items that are no array', JSON.stringify({ ...list(), items: 'x' }), /items/],
  ])('%s is malformed', (_, body, why) => {
    let visits = 0;
    const answer = read(request(body, shape), compilePlan([]), () => visits++);
    expect(answer).toEqual({ malformed: expect.stringMatching(why) });
    expect(visits).toBe(0);
  });
});

describe('the envelope', () => {
  const staged = '2026-01-15T10:00:01.000002Z';
  const received = '2026-01-15T10:00:00.500000Z';
  const arrived = at('2026-01-15T12:00:00Z');
  const event = { auditID: 'a', stage: 's' };
  const about = (fields: object) =>
    readAll(request(JSON.stringify({ ...event, ...fields }), 'line', arrived)).seen[0]!.about;

  it.each([
    ['stageTimestamp', { stageTimestamp: staged, requestReceivedTimestamp: received }, at(staged), true],
    ['requestReceivedTimestamp without one', { requestReceivedTimestamp: received }, at(received), false],
    [
      'requestReceivedTimestamp where it is unreadable',
      { stageTimestamp: 'soon', requestReceivedTimestamp: received },
      at(received),
      false,
    ],
    [
      'requestReceivedTimestamp where it is a number',
      { stageTimestamp: 1768471201, requestReceivedTimestamp: received },
      at(received),
      false,
    ],
    [
      'requestReceivedTimestamp where it is too late for microseconds',
      { stageTimestamp: '9999-12-31T23:59:59Z', requestReceivedTimestamp: received },
      at(received),
      false,
    ],
    [
      'requestReceivedTimestamp where there is a timestamp too',
      { timestamp: staged, requestReceivedTimestamp: received },
      at(received),
      false,
    ],
    ['timestamp, which events of before v1 have alone', { timestamp: staged }, at(staged), true],
    ['timestamp where others are unreadable', { timestamp: staged, stageTimestamp: 5 }, at(staged), true],
  ])('an event happened at %s', (_, fields, expected, timed) => {
    expect(about(fields)).toEqual({ record: 0, resource: 0, at: expected, timed });
  });

  it('an event without a readable time happened when it arrived, and says so', () => {
    for (const fields of [{ stageTimestamp: null, requestReceivedTimestamp: '' }, { timestamp: 'soon' }])
      expect(about(fields)).toEqual({ record: 0, resource: 0, at: arrived, timed: false, fallback: true });
  });

  it('a list shares its record', () => {
    const { seen } = readAll(request(otlpBytes(['text', list(refused(TEN, []), EVENT)]), 'otlp', arrived));
    expect(seen.map((event) => event.about)).toEqual([
      { record: 1, resource: 0, at: TEN, timed: true },
      { record: 1, resource: 0, at: arrived, timed: false, fallback: true },
    ]);
  });
});

it('what visit throws comes out', () => {
  const fail = () => {
    throw new Error('a bug');
  };
  expect(() => read(request(JSON.stringify(EVENT), 'line'), compilePlan([]), fail)).toThrow('a bug');
});

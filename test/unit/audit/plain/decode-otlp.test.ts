import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../../../src/audit/field-plan.ts';
import { read } from '../../../../src/audit/read.ts';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { AnyValueSchema } from '../../../../src/gen/opentelemetry/proto/common/v1/common_pb.ts';
import type {
  LogRecordSchema,
  ResourceLogsSchema,
} from '../../../../src/gen/opentelemetry/proto/logs/v1/logs_pb.ts';
import { at, otlpBytes, request } from '../../../support/events.ts';
import { readAll, readNow } from '../told.ts';

type Any = MessageInitShape<typeof AnyValueSchema>;
type Log = MessageInitShape<typeof LogRecordSchema>;

const EVENT = '{"auditID":"a","stage":"s"}';
const text = (value: string): Any => ({ value: { case: 'stringValue', value } });
const map = (fields: Record<string, Any>): Any => ({
  value: {
    case: 'kvlistValue',
    value: { values: Object.entries(fields).map(([key, value]) => ({ key, value })) },
  },
});
const array = (...values: Any[]): Any => ({ value: { case: 'arrayValue', value: { values } } });
const attributes = (fields: Record<string, Any>) =>
  Object.entries(fields).map(([key, value]) => ({ key, value }));
const encode = (...resourceLogs: MessageInitShape<typeof ResourceLogsSchema>[]) =>
  toBinary(
    ExportLogsServiceRequestSchema,
    create(ExportLogsServiceRequestSchema, { resourceLogs }) as ExportLogsServiceRequest,
  );
const otlp = (...logRecords: Log[]) => request(encode({ scopeLogs: [{ logRecords }] }), 'otlp');
const json = (...logRecords: unknown[]) =>
  request(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }), 'otlp-json');

describe('a body', () => {
  it.each<[string, Log, object]>([
    ['text', { body: text(EVENT) }, { events: 1 }],
    ['UTF-8 bytes', { body: { value: { case: 'bytesValue', value: Buffer.from(EVENT) } } }, { events: 1 }],
    ['a map', { body: map({ auditID: text('a'), stage: text('s') }) }, { events: 1 }],
    [
      'a map that is a list of two',
      {
        body: map({
          kind: text('EventList'),
          apiVersion: text('audit.k8s.io/v1'),
          items: array(map({}), map({})),
        }),
      },
      { events: 2 },
    ],
    [
      'a map that is none',
      { body: map({ kind: text('Event'), apiVersion: text('v1') }) },
      { events: 0, passedBy: { other: 1 } },
    ],
    [
      'an array of events',
      {
        body: array(
          map({ auditID: text('a'), stage: text('s') }),
          map({ auditID: text('b'), stage: text('s') }),
        ),
      },
      { events: 2, several: 1 },
    ],
    [
      'an array of something else',
      { body: array(map({ a: text('b') }), text('c')) },
      { events: 0, passedBy: { other: 1 } },
    ],
    [
      'a number',
      { body: { value: { case: 'intValue', value: 403n } } },
      { events: 0, passedBy: { other: 1 } },
    ],
    [
      'a double',
      { body: { value: { case: 'doubleValue', value: 0.5 } } },
      { events: 0, passedBy: { other: 1 } },
    ],
    [
      'a boolean',
      { body: { value: { case: 'boolValue', value: true } } },
      { events: 0, passedBy: { other: 1 } },
    ],
    ['an empty value', { body: {} }, { events: 0, passedBy: { empty: 1 } }],
    ['none', {}, { events: 0, passedBy: { empty: 1 } }],
    [
      'no bytes',
      { body: { value: { case: 'bytesValue', value: new Uint8Array() } } },
      { events: 0, passedBy: { empty: 1 } },
    ],
    [
      'bytes that are no text',
      { body: { value: { case: 'bytesValue', value: Buffer.from([0xff, 0]) } } },
      { events: 0, passedBy: { text: 1 } },
    ],
  ])('that is %s', (_, log, expected) => {
    expect(readAll(otlp(log)).report).toMatchObject({ records: 1, rejected: 0, ...expected });
  });

  it('as a map reads as the same JSON would', () => {
    const body = map({
      auditID: text('a'),
      stage: text('s'),
      code: { value: { case: 'intValue', value: 403n } },
      half: { value: { case: 'doubleValue', value: 0.5 } },
      whole: { value: { case: 'doubleValue', value: 403 } },
      huge: { value: { case: 'intValue', value: 2n ** 53n + 1n } },
      nan: { value: { case: 'doubleValue', value: Number.NaN } },
      yes: { value: { case: 'boolValue', value: true } },
      bytes: { value: { case: 'bytesValue', value: Buffer.from('hi') } },
      nothing: {},
      list: array(text('x'), {}, array(text('y'))),
      annotations: map({ 'a.b/c': text('v') }),
      ['__proto__']: text('p'),
    });
    const fields = [
      'code',
      'half',
      'whole',
      'huge',
      'nan',
      'yes',
      'bytes',
      'nothing',
      'list',
      'annotations.a.b/c',
      '__proto__',
      'constructor',
    ];
    expect(Object.entries(readAll(otlp({ body }), ...fields).seen[0]!.told)).toEqual([
      ['code', ['value', 403]],
      ['half', ['value', 0.5]],
      ['whole', ['value', 403]],
      ['huge', ['value', '9007199254740993']],
      ['nan', ['null']],
      ['yes', ['value', true]],
      ['bytes', ['value', 'aGk=']],
      ['nothing', ['null']],
      ['list', ['value', 'x', null, 'y']],
      ['annotations.a.b/c', ['value', 'v']],
      ['__proto__', ['value', 'p']],
      ['constructor', ['absent']],
    ]);
  });

  it('as a map with the same key twice has the last one', () => {
    const values = ['a', 'b'].flatMap((id) => attributes({ auditID: text(id), stage: text('s') }));
    const body: Any = { value: { case: 'kvlistValue', value: { values } } };
    expect(readAll(otlp({ body }), 'auditID').seen[0]!.told).toEqual({ auditID: ['value', 'b'] });
  });
});

describe('a request', () => {
  it('without records is read', () => {
    for (const from of [
      request('', 'otlp'),
      request(encode({}, { scopeLogs: [{}] }), 'otlp'),
      request('{}', 'otlp-json'),
      json(),
    ])
      expect(readAll(from).report).toEqual({ records: 0, events: 0, passedBy: {}, rejected: 0 });
  });

  it('numbers its records through all resources and scopes', () => {
    const logs = {
      scopeLogs: [{ logRecords: [{ body: text(EVENT) }, {}] }, { logRecords: [{ body: text(EVENT) }] }],
    };
    const { seen } = readAll(request(encode(logs, {}, logs), 'otlp'));
    expect(seen.map(({ about }) => about.record)).toEqual([0, 2, 3, 5]);
  });

  it('with records of the scope sidewatch is not detected on', () => {
    const logRecords = [{ body: text(EVENT) }, { body: text('{"auditID"') }];
    const from = encode({
      scopeLogs: [
        { scope: { name: 'sidewatch' }, logRecords },
        { scope: { name: 'sidewatch2' }, logRecords },
      ],
    });
    const { report } = readAll(request(from, 'otlp'));
    expect(report).toMatchObject({ records: 4, events: 1, rejected: 1, passedBy: { own: 2 } });
    expect(report.why).toMatch(/^record 3: /);
  });

  it.each([
    ['text', 'hello'],
    ['a truncated one', otlpBytes([EVENT]).slice(0, -1)],
    ['JSON', JSON.stringify({ resourceLogs: [] })],
  ])('that is %s is malformed as protobuf', (_, bytes) => {
    const answer = read(request(bytes, 'otlp'), compilePlan([]), () => expect.unreachable());
    expect(answer).toEqual({ malformed: expect.stringMatching(/^not an OTLP logs request: /) });
  });

  it.each([
    ['nothing', ''],
    ['a number', '1234'],
    ['text', 'hello'],
    ['an array', '[]'],
    ['an audit event', EVENT],
    ['a truncated one', '{"resourceLogs":['],
    ['one in snake case', '{"resource_logs":[]}'],
    ['resourceLogs that are no list', '{"resourceLogs":{}}'],
    [
      'a time that is no number',
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"soon"}]}]}]}',
    ],
  ])('that is %s is malformed as OTLP/JSON', (_, body) => {
    const answer = read(request(body, 'otlp-json'), compilePlan([]), () => expect.unreachable());
    expect(answer).toEqual({ malformed: expect.stringMatching(/^not /) });
  });

  it('with invalid UTF-8 in one record loses nothing', () => {
    const bytes = otlpBytes([EVENT, '{"auditID":"a","stage":"s","userAgent":"X"}', EVENT], {
      'host.name': 'Y',
    });
    bytes[bytes.indexOf('X'.charCodeAt(0))] = 0xff;
    bytes[bytes.indexOf('Y'.charCodeAt(0))] = 0xff;
    const { seen } = readAll(request(bytes, 'otlp'), 'userAgent', 'resource.host.name');
    expect(seen.map(({ told }) => told['userAgent'])).toEqual([['absent'], ['value', '\ufffd'], ['absent']]);
    expect(seen[0]!.told['resource.host.name']).toEqual(['value', '\ufffd']);
  });

  describe('with a deep map', () => {
    const nested = (depth: number) => {
      let any = text('deep');
      for (let i = 0; i < depth; i++) any = map({ x: any });
      return any;
    };
    const event = (more: Record<string, Any> = {}) => map({ auditID: text('a'), stage: text('s'), ...more });
    const field = Array(101).fill('x').join('.');

    it('reads a hundred levels', () => {
      const { seen } = readAll(otlp({ body: event({ x: nested(100) }) }), field);
      expect(seen[0]!.told).toEqual({ [field]: ['value', 'deep'] });
      const attribute = { body: event(), attributes: attributes({ x: nested(100) }) };
      expect(readAll(otlp(attribute), `record.${field}`).seen[0]!.told).toEqual({
        [`record.${field}`]: ['value', 'deep'],
      });
    });

    it.each<[string, Log]>([
      ['a body', { body: event({ x: nested(340) }) }],
      ['an attribute', { body: event(), attributes: attributes({ x: nested(340) }) }],
    ])('rejects a record that nobody can decode and takes its neighbours: %s', (_, deep) => {
      const bytes = otlp({ body: event() }, deep, { body: event() });
      const seen: number[] = [];
      const report = readNow(bytes, compilePlan([]), (_event, about) => seen.push(about.record));
      expect(seen).toEqual([0, 2]);
      expect(report).toMatchObject({ events: 2, rejected: 1, why: 'record 1: nested too deeply' });
    });
  });
});

describe('OTLP/JSON', () => {
  it('takes 64-bit integers as numbers and as strings', () => {
    const ten = at('2026-01-15T10:00:00.000001Z');
    const logs = [`${ten}000`, ten * 1000, `${ten}000`].map((timeUnixNano) => ({
      timeUnixNano,
      body: { stringValue: EVENT },
    }));
    const { seen } = readAll(json(...logs));
    expect(seen[0]!.about.recordAt).toBe(ten);
    // A double holds nanoseconds of our days to 256.
    expect(Math.abs(seen[1]!.about.recordAt! - ten)).toBeLessThanOrEqual(1);
    const body = (intValue: unknown) => ({
      body: {
        kvlistValue: {
          values: [
            { key: 'auditID', value: { stringValue: 'a' } },
            { key: 'stage', value: { stringValue: 's' } },
            { key: 'code', value: { intValue } },
          ],
        },
      },
    });
    expect(readAll(json(body(403), body('403')), 'code').seen.map(({ told }) => told['code'])).toEqual([
      ['value', 403],
      ['value', 403],
    ]);
  });

  it('skips what it does not know: hex trace ids, flags, later fields', () => {
    const log = {
      traceId: '5B8EFFF798038103D269B633813FC60C',
      spanId: 'EEE19B7EC3C1B174',
      flags: 1,
      droppedAttributesCount: 2,
      severityNumber: 10,
      later: { x: 1 },
      body: { stringValue: EVENT },
    };
    expect(readAll(json(log)).report).toMatchObject({ records: 1, events: 1 });
  });

  it('takes bytes as base64', () => {
    const bytesValue = Buffer.from(EVENT).toString('base64');
    expect(readAll(json({ body: { bytesValue } })).report.events).toBe(1);
  });

  it('takes a null for a field that is not there', () => {
    expect(
      readAll(json({ body: null }, { attributes: null, body: { stringValue: EVENT } })).report,
    ).toMatchObject({ events: 1, passedBy: { empty: 1 } });
  });

  it('reads a lone surrogate as U+FFFD, and the neighbours', () => {
    const odd = `{"auditID":"a","stage":"s","userAgent":"\ud83d"}`;
    const { seen } = readAll(
      json({ body: { stringValue: odd } }, { body: { stringValue: EVENT } }),
      'userAgent',
    );
    expect(seen.map(({ told }) => told['userAgent'])).toEqual([['value', '\ufffd'], ['absent']]);
  });
});

describe('the record around an event', () => {
  const time = at('2026-01-15T10:00:00.000001Z');
  const observed = at('2026-01-15T11:00:00Z');
  const nanos = (t: number) => BigInt(t) * 1000n + 999n;

  it.each([
    ['its time', { timeUnixNano: nanos(time), observedTimeUnixNano: nanos(observed) }, time, {}],
    [
      'its observed time without one',
      { observedTimeUnixNano: nanos(observed) },
      observed,
      { fallback: true },
    ],
    [
      'its observed time where its time is beyond all bounds',
      { timeUnixNano: 2n ** 64n - 1n, observedTimeUnixNano: nanos(observed) },
      observed,
      { fallback: true },
    ],
  ])('gives %s, in whole microseconds', (_, times, recordAt, fallback) => {
    const { about } = readAll(otlp({ ...times, body: text(EVENT) })).seen[0]!;
    expect(about).toEqual({ record: 0, resource: 0, at: recordAt, timed: false, recordAt, ...fallback });
  });

  it("does not move an event's own time", () => {
    const body = text('{"auditID":"a","stage":"s","stageTimestamp":"2026-01-15T09:00:00Z"}');
    expect(readAll(otlp({ timeUnixNano: nanos(time), body })).seen[0]!.about).toEqual({
      record: 0,
      resource: 0,
      at: at('2026-01-15T09:00:00Z'),
      timed: true,
      recordAt: time,
    });
  });

  it('says which resource of the request it belongs to, read from bytes or plainly', () => {
    const logs = { scopeLogs: [{ logRecords: [{ body: text(EVENT) }, { body: text(EVENT) }] }] };
    const plainly = {
      scopeLogs: [{ logRecords: [{ body: map({ auditID: text('a'), stage: text('s') }) }] }],
    };
    const { seen } = readAll(request(encode(logs, { scopeLogs: [] }, plainly, logs), 'otlp'));
    expect(seen.map(({ about }) => about.resource)).toEqual([0, 0, 2, 3, 3]);
  });

  it('has attributes, and a resource with attributes', () => {
    const resource = {
      attributes: attributes({
        'com.splunk.sourcetype': text('kube:apiserver-audit'),
        k8s: map({ pod: map({ name: text('p') }) }),
      }),
    };
    const logRecords = [
      {
        body: text(EVENT),
        attributes: attributes({ 'log.file.path': text('/a'), tags: array(text('x'), text('y')) }),
      },
      { body: text(EVENT) },
    ];
    const fields = [
      'resource.com.splunk.sourcetype',
      'resource.k8s.pod.name',
      'record.log.file.path',
      'record.tags',
      'record',
      'resource',
      'resource.__proto__',
    ];
    const { seen } = readAll(request(encode({ resource, scopeLogs: [{ logRecords }] }), 'otlp'), ...fields);
    expect(seen.map(({ told }) => Object.values(told))).toEqual([
      [
        ['value', 'kube:apiserver-audit'],
        ['value', 'p'],
        ['value', '/a'],
        ['value', 'x', 'y'],
        ['absent'],
        ['absent'],
        ['absent'],
      ],
      [
        ['value', 'kube:apiserver-audit'],
        ['value', 'p'],
        ['absent'],
        ['absent'],
        ['absent'],
        ['absent'],
        ['absent'],
      ],
    ]);
  });

  it('has none in a line and in a list', () => {
    for (const shape of ['line', 'event-list'] as const)
      expect(
        readAll(request('{"auditID":"a","stage":"s","record":{"x":1}}', shape), 'record.x', 'resource.x')
          .seen[0]!.told,
      ).toEqual({
        'record.x': ['absent'],
        'resource.x': ['absent'],
      });
  });

  it.each<[string, Any | undefined, string | undefined, unknown[]]>([
    ['the resource names it', text('blue'), undefined, ['value', 'blue']],
    ['the resource goes before the way in', text('blue'), 'green', ['value', 'blue']],
    ['the way in names it', undefined, 'green', ['value', 'green']],
    ['an empty value names none', {}, 'green', ['value', 'green']],
    ['nobody names it', undefined, undefined, ['absent']],
  ])('is of the cluster that %s', (_, named, cluster, expected) => {
    const resource = { attributes: named ? attributes({ 'k8s.cluster.name': named }) : [] };
    const bytes = encode({ resource, scopeLogs: [{ logRecords: [{ body: text(EVENT) }] }] });
    const { told } = readAll(request(bytes, 'otlp', undefined, cluster), 'k8s.cluster.name').seen[0]!;
    expect(told).toEqual({ 'k8s.cluster.name': expected });
  });

  it.each<[string, Any | undefined, string | undefined]>([
    ['the resource names another', text('blue'), 'green'],
    ['the resource names it with an odd value', { value: { case: 'boolValue', value: true } }, undefined],
    ['nothing else names one', undefined, undefined],
  ])('is of the cluster that its sender is bound to: %s', (_, named, cluster) => {
    const resource = { attributes: named ? attributes({ 'k8s.cluster.name': named }) : [] };
    const bytes = encode({ resource, scopeLogs: [{ logRecords: [{ body: text(EVENT) }] }] });
    const bound = { ...request(bytes, 'otlp', undefined, cluster), boundCluster: 'red' };
    expect(readAll(bound, 'k8s.cluster.name').seen[0]!.told).toEqual({
      'k8s.cluster.name': ['value', 'red'],
    });
  });

  it.each(['line', 'event-list'] as const)(
    'a %s is of the cluster that the way in names, whatever the event says',
    (shape) => {
      const event = '{"auditID":"a","stage":"s","k8s.cluster.name":"forged"}';
      expect(readAll(request(event, shape, undefined, 'green'), 'k8s.cluster.name').seen[0]!.told).toEqual({
        'k8s.cluster.name': ['value', 'green'],
      });
      expect(readAll(request(event, shape), 'k8s.cluster.name').seen[0]!.told).toEqual({
        'k8s.cluster.name': ['absent'],
      });
    },
  );
});

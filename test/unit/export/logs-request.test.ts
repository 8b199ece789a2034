import { fromBinary, fromJsonString, toJson } from '@bufbuild/protobuf';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodedRequest } from '../../../src/export/logs-request.ts';
import { otlpLogRecords } from '../../../src/formats/otlp-log-records.ts';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { DOUBLES } from '../../../src/model/risk.ts';
import { TEN } from '../../support/events.ts';
import { aRiskEvent } from './loopback.ts';

type Records = readonly ReadableLogRecord[];

// The SDK is the oracle: what it sends for the same records is what we send, field by field.
const PROTOCOLS = {
  protobuf: {
    ours: (records: Records) => fromBinary(ExportLogsServiceRequestSchema, encodedRequest(records, false)),
    theirs: (records: Records) =>
      fromBinary(ExportLogsServiceRequestSchema, ProtobufLogsSerializer.serializeRequest([...records])!),
  },
  json: {
    ours: (records: Records) => jsonIn(encodedRequest(records, true)),
    theirs: (records: Records) => jsonIn(JsonLogsSerializer.serializeRequest([...records])!),
  },
};

const jsonIn = (bytes: Uint8Array): ExportLogsServiceRequest =>
  fromJsonString(ExportLogsServiceRequestSchema, Buffer.from(bytes).toString(), {
    ignoreUnknownFields: true,
  });

const shown = (request: ExportLogsServiceRequest) => toJson(ExportLogsServiceRequestSchema, request);

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
// Beyond int64 the SDK's JSON is not valid.
const double = fc.double({ noNaN: true, min: -(2 ** 63), max: 2 ** 63, maxExcluded: true });
const scalar = fc.oneof(text, fc.boolean(), fc.integer(), fc.maxSafeInteger(), double);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 2 },
    scalar,
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(text, tie('any'), { maxKeys: 3 }),
    fc.uint8Array({ maxLength: 5 }),
    fc.constant(null),
  ),
})).any;
const attributes = fc.dictionary(text, value, { maxKeys: 5 });

const records = fc
  .record({
    resources: fc.array(fc.dictionary(text, text, { maxKeys: 3 }), { minLength: 1, maxLength: 3 }),
    all: fc.array(
      fc.record({
        resource: fc.nat(),
        at: fc.integer({ min: 0, max: 4e15 }),
        severity: fc.integer({ min: 1, max: 24 }),
        severityText: text,
        body: value,
        name: text,
        attributes,
      }),
      { maxLength: 5 },
    ),
  })
  .map(({ resources, all }): Records => {
    const known = resources.map((one) => resourceFromAttributes(one));
    const instrumentationScope = { name: 'sidewatch', version: '1.2.3' };
    return all.map((one) => ({
      hrTime: [Math.floor(one.at / 1e6), (one.at % 1e6) * 1000],
      hrTimeObserved: [TEN / 1e6, 0],
      severityNumber: one.severity,
      severityText: one.severityText,
      body: one.body as ReadableLogRecord['body'],
      eventName: one.name,
      attributes: one.attributes as ReadableLogRecord['attributes'],
      droppedAttributesCount: 0,
      resource: known[one.resource % known.length]!,
      instrumentationScope,
    }));
  });

describe.each(Object.entries(PROTOCOLS))('in %s', (_, { ours, theirs }) => {
  test('records have the fields that the SDK gives them', () => {
    fc.assert(
      fc.property(records, (all) => {
        expect(shown(ours(all))).toEqual(shown(theirs(all)));
      }),
    );
  });

  test('risk events too, and a whole number is a double where its name says so, and nowhere else', () => {
    const events = [
      aRiskEvent('a', {
        'client.geo.location.lat': 52,
        'client.geo.location.lon': -0.5,
        'sidewatch.count': 52,
      }),
      {
        ...aRiskEvent('b', { 'sidewatch.rule.techniques': ['T1046'] }),
        resource: { 'k8s.cluster.name': 'x' },
      },
      aRiskEvent('c', { 'client.geo.location.lat': 0, 'sidewatch.count.exact': false }),
    ];
    const all = otlpLogRecords('1.2.3')(events, TEN);
    const expected = theirs(all);
    const changed: unknown[] = [];
    for (const { scopeLogs } of expected.resourceLogs)
      for (const { key, value: held } of scopeLogs[0]!.logRecords.flatMap(({ attributes: own }) => own)) {
        if (!DOUBLES.has(key) || held?.value.case !== 'intValue') continue;
        changed.push(held.value);
        held.value = { case: 'doubleValue', value: Number(held.value.value) };
      }
    expect(changed).toEqual([
      { case: 'intValue', value: 52n },
      { case: 'intValue', value: 0n },
    ]);
    expect(shown(ours(all))).toEqual(shown(expected));
  });
});

test('names of doubles count within maps and lists too', () => {
  const [lat] = DOUBLES;
  const [record] = otlpLogRecords('1')([aRiskEvent('a')], TEN);
  const body = { place: { [lat!]: 52, other: 52 } };
  const json = encodedRequest([{ ...record!, body, attributes: { [lat!]: [1, 2] } }], true).toString();
  expect(json).toContain(
    `{"key":"${lat}","value":{"doubleValue":52}},{"key":"other","value":{"intValue":"52"}}`,
  );
  expect(json).toContain(`[{"doubleValue":1},{"doubleValue":2}]`);
});

test('a whole number beyond int64 is a double', () => {
  const [record] = otlpLogRecords('1')([aRiskEvent('a')], TEN);
  const json = encodedRequest([{ ...record!, attributes: { x: [2 ** 63, -(2 ** 63)] } }], true).toString();
  expect(json).toContain('[{"doubleValue":9223372036854776000},{"intValue":"-9223372036854775808"}]');
});

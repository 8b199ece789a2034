import { toBinary, toJsonString } from '@bufbuild/protobuf';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { AnyValue, KeyValue } from '../gen/opentelemetry/proto/common/v1/common_pb.ts';
import type { LogRecord, ResourceLogs } from '../gen/opentelemetry/proto/logs/v1/logs_pb.ts';
import { DOUBLES } from '../model/risk.ts';

/** The bytes of a request with these records: protobuf, or the JSON of OTLP. */
export function encodedRequest(records: readonly ReadableLogRecord[], json: boolean): Buffer {
  const request = logsRequest(records);
  if (json)
    return Buffer.from(toJsonString(ExportLogsServiceRequestSchema, request, { enumAsInteger: true }));
  const { buffer, byteOffset, length } = toBinary(ExportLogsServiceRequestSchema, request);
  return Buffer.from(buffer, byteOffset, length);
}

/**
 * What the SDK's serialisers make of these records, except that 52.0 is a double where its name is one of DOUBLES: they write
 * every whole number as an int, and have no option against it. Messages are written down whole, since `create` copies all of
 * it. Like the SDK, it knows resources and scopes by their identity.
 */
export function logsRequest(records: readonly ReadableLogRecord[]): ExportLogsServiceRequest {
  const resourceLogs = [...Map.groupBy(records, ({ resource }) => resource)].map(
    ([{ attributes }, own]): ResourceLogs => ({
      $typeName: 'opentelemetry.proto.logs.v1.ResourceLogs',
      resource: { $typeName: 'opentelemetry.proto.resource.v1.Resource', attributes: pairsOf(attributes) },
      scopeLogs: [...Map.groupBy(own, ({ instrumentationScope }) => instrumentationScope)].map(
        ([{ name, version = '' }, all]) => ({
          $typeName: 'opentelemetry.proto.logs.v1.ScopeLogs',
          scope: { $typeName: 'opentelemetry.proto.common.v1.InstrumentationScope', name, version },
          logRecords: all.map(logRecord),
        }),
      ),
    }),
  );
  return { $typeName: 'opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest', resourceLogs };
}

const logRecord = (record: ReadableLogRecord): LogRecord => ({
  $typeName: 'opentelemetry.proto.logs.v1.LogRecord',
  timeUnixNano: nanos(record.hrTime),
  observedTimeUnixNano: nanos(record.hrTimeObserved),
  severityNumber: (record.severityNumber ?? 0) as LogRecord['severityNumber'],
  severityText: record.severityText ?? '',
  eventName: record.eventName ?? '',
  ...(record.body !== undefined && { body: anyValue(record.body, '') }),
  attributes: pairsOf(record.attributes),
});

const nanos = ([seconds, rest]: ReadableLogRecord['hrTime']): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(rest);

const pairsOf = (map: object): KeyValue[] =>
  Object.entries(map).map(([key, value]) => ({
    $typeName: 'opentelemetry.proto.common.v1.KeyValue',
    key,
    value: anyValue(value, key),
  }));

/** `key`: the name that a value stands under, also one in a list. */
const anyValue = (value: unknown, key: string): AnyValue => ({
  $typeName: 'opentelemetry.proto.common.v1.AnyValue',
  value: kindOf(value, key),
});

function kindOf(value: unknown, key: string): AnyValue['value'] {
  if (typeof value === 'string') return { case: 'stringValue', value };
  if (typeof value === 'number')
    return isDouble(value, key) ? { case: 'doubleValue', value } : { case: 'intValue', value: BigInt(value) };
  if (typeof value === 'boolean') return { case: 'boolValue', value };
  if (value instanceof Uint8Array) return { case: 'bytesValue', value };
  if (Array.isArray(value)) {
    const values = value.map((one) => anyValue(one, key));
    return { case: 'arrayValue', value: { $typeName: 'opentelemetry.proto.common.v1.ArrayValue', values } };
  }
  if (typeof value !== 'object' || value === null) return { case: undefined };
  const values = pairsOf(value);
  return { case: 'kvlistValue', value: { $typeName: 'opentelemetry.proto.common.v1.KeyValueList', values } };
}

const INT64 = 2 ** 63;

const isDouble = (value: number, key: string): boolean =>
  DOUBLES.has(key) || !Number.isInteger(value) || value >= INT64 || value < -INT64;

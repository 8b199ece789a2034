import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { AnyValueSchema } from '../../../src/gen/opentelemetry/proto/common/v1/common_pb.ts';

type Any = MessageInitShape<typeof AnyValueSchema>;

/** What a collector's json_parser makes of JSON: maps as key-value lists, every number a double. */
function parsed(value: unknown): Any {
  if (Array.isArray(value)) return { value: { case: 'arrayValue', value: { values: value.map(parsed) } } };
  switch (typeof value) {
    case 'string':
      return { value: { case: 'stringValue', value } };
    case 'number':
      return { value: { case: 'doubleValue', value } };
    case 'boolean':
      return { value: { case: 'boolValue', value } };
    default: {
      if (value === null) return {};
      const values = Object.entries(value as object).map(([key, member]) => ({ key, value: parsed(member) }));
      return { value: { case: 'kvlistValue', value: { values } } };
    }
  }
}

/** A serialised ExportLogsServiceRequest whose bodies a collector has parsed. */
export function encodeParsed(lines: readonly string[]): Uint8Array {
  const logRecords = lines.map((line) => ({ body: parsed(JSON.parse(line)) }));
  return toBinary(
    ExportLogsServiceRequestSchema,
    create(ExportLogsServiceRequestSchema, { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }),
  );
}

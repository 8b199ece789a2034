import { create, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';

/** A serialised ExportLogsServiceRequest with one record for each line, as a collector's file_log receiver sends it: the line is the body. */
export function encodeLines(
  lines: readonly string[],
  resource: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const text = (value: string) => ({ value: { case: 'stringValue' as const, value: value.toWellFormed() } });
  const attributes = Object.entries(resource).map(([key, value]) => ({ key, value: text(value) }));
  const logRecords = lines.map((line) => ({ body: text(line) }));
  return toBinary(
    ExportLogsServiceRequestSchema,
    create(ExportLogsServiceRequestSchema, {
      resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords }] }],
    }),
  );
}

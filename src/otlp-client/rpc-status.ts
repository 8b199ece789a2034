import { createRegistry, fromBinary, fromJsonString } from '@bufbuild/protobuf';
import { type Any, anyIs, anyUnpack, durationMs } from '@bufbuild/protobuf/wkt';
import { RetryInfoSchema } from '../gen/google/rpc/error_details_pb.ts';
import { type Status, StatusSchema } from '../gen/google/rpc/status_pb.ts';
import {
  type ExportLogsPartialSuccess,
  ExportLogsServiceResponseSchema,
} from '../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { RETRY_AFTER_MAX } from '../lib/retry-after.ts';
import type { Ms } from '../model/time.ts';

// What the bytes of an answer say. All of it is undefined where they are not what they should be.

export const isJson = (type: string): boolean => /\bjson\b/i.test(type);
export const isProtobuf = (type: string): boolean => /\bx-protobuf\b/i.test(type);

export const statusIn = (bytes: Uint8Array): Status | undefined =>
  unlessBroken(() => fromBinary(StatusSchema, bytes));

/** undefined also where it has details of another type than RetryInfo. */
export const statusInJson = (body: Buffer): Status | undefined =>
  unlessBroken(() =>
    fromJsonString(StatusSchema, body.toString(), {
      ignoreUnknownFields: true,
      registry: createRegistry(RetryInfoSchema),
    }),
  );

export const isRetryInfo = (detail: Any): boolean => anyIs(detail, RetryInfoSchema);

/** The time that its RetryInfo names, within the same bound as that of Retry-After. */
export function retryDelay({ details }: Status): Ms | undefined {
  const detail = details.find(isRetryInfo);
  const delay = detail && unlessBroken(() => anyUnpack(detail, RetryInfoSchema))?.retryDelay;
  return delay && (Math.min(Math.max(Math.ceil(durationMs(delay)), 0), RETRY_AFTER_MAX) as Ms);
}

/** Of a success. */
export const partialSuccessIn = (body: Uint8Array): ExportLogsPartialSuccess | undefined =>
  unlessBroken(() => fromBinary(ExportLogsServiceResponseSchema, body).partialSuccess);

export const partialSuccessInJson = (body: Buffer): ExportLogsPartialSuccess | undefined =>
  unlessBroken(
    () =>
      fromJsonString(ExportLogsServiceResponseSchema, body.toString(), { ignoreUnknownFields: true })
        .partialSuccess,
  );

function unlessBroken<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

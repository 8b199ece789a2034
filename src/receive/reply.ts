import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyPack, anyUnpack, durationFromMs, durationMs } from '@bufbuild/protobuf/wkt';
import { RetryInfoSchema } from '../gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../gen/google/rpc/status_pb.ts';
import { ExportLogsServiceResponseSchema } from '../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { millis } from '../lib/time-format.ts';
import type { Verdict } from '../model/request.ts';
import type { Ms } from '../model/time.ts';

/**
 * The gRPC and HTTP status of each verdict. Overload is UNAVAILABLE: for an OTLP client RESOURCE_EXHAUSTED without RetryInfo
 * is final, so that code is only used for size.
 */
export const REPLY = {
  accepted: { grpc: 0, http: 200 },
  overloaded: { grpc: 14, http: 429 },
  unavailable: { grpc: 14, http: 503 },
  malformed: { grpc: 3, http: 400 },
  too_large: { grpc: 8, http: 413 },
  unauthenticated: { grpc: 16, http: 401 },
} as const satisfies Record<Exclude<Verdict['kind'], 'relayed'>, { grpc: number; http: number }>;

/** The next hop's gRPC code as an HTTP status, as the collector's receiver maps it; all others are 500. */
const RELAYED_HTTP: Readonly<Record<number, number>> = {
  0: 200,
  1: 503, // CANCELLED
  3: 400, // INVALID_ARGUMENT
  4: 503, // DEADLINE_EXCEEDED
  7: 403, // PERMISSION_DENIED
  8: 429, // RESOURCE_EXHAUSTED
  10: 503, // ABORTED
  11: 503, // OUT_OF_RANGE
  12: 404, // UNIMPLEMENTED
  14: 503, // UNAVAILABLE
  15: 503, // DATA_LOSS
  16: 401, // UNAUTHENTICATED
};

/**
 * The longest text in an answer; a longer one is cut. gRPC sends it in headers, twice and escaped, and many peers drop an
 * answer with more than 8 KiB of headers.
 */
const MESSAGE_CHARS_MAX = 512;

/** A verdict on the wire. */
export interface Reply {
  readonly grpc: number;
  readonly http: number;
  /** Empty where `grpc` is 0. */
  readonly message: string;
  /** When the sender may try again. */
  readonly retryAfter?: Ms;
  /** Where `grpc` is 0 a serialised ExportLogsServiceResponse, else a serialised google.rpc.Status. */
  readonly bytes: Uint8Array;
}

/** The answer where a handler threw. That is a bug of ours, so the sender gets no details. */
export const FAULT: Reply = refusal({ grpc: 13, http: 500 }, 'internal error');

export function reply(verdict: Verdict): Reply {
  switch (verdict.kind) {
    case 'accepted':
      return { ...REPLY.accepted, message: '', bytes: response(verdict.rejected, verdict.why) };
    case 'relayed':
      return relayed(verdict);
    case 'overloaded':
    case 'unavailable':
      return refusal(REPLY[verdict.kind], verdict.why, verdict.retryAfter);
    default:
      return refusal(REPLY[verdict.kind], verdict.why);
  }
}

/** OTLP requires partial_success to be unset (so: no bytes) where all records were accepted and there is no message. */
function response(rejected: number, why: string | undefined): Uint8Array {
  if (rejected === 0 && why === undefined) return new Uint8Array();
  return toBinary(
    ExportLogsServiceResponseSchema,
    create(ExportLogsServiceResponseSchema, {
      partialSuccess: { rejectedLogRecords: BigInt(rejected), errorMessage: text(why ?? '') },
    }),
  );
}

function refusal(as: { readonly grpc: number; readonly http: number }, why: string, retryAfter?: Ms): Reply {
  const message = text(why);
  const details =
    retryAfter === undefined
      ? []
      : [anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: durationFromMs(retryAfter) }))];
  return {
    ...as,
    message,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    bytes: toBinary(StatusSchema, create(StatusSchema, { code: as.grpc, message, details })),
  };
}

function relayed(verdict: Extract<Verdict, { kind: 'relayed' }>): Reply {
  const { code: grpc, status, body } = verdict;
  const http = verdict.http ?? RELAYED_HTTP[grpc] ?? 500;
  return grpc === 0
    ? { grpc, http, message: '', bytes: body ?? new Uint8Array() }
    : { grpc, http, ...contentOf(status), bytes: status };
}

/** What a serialised google.rpc.Status says; no message where the bytes are not one: the code alone is an answer too. */
function contentOf(status: Uint8Array): Pick<Reply, 'message' | 'retryAfter'> {
  try {
    const { message, details } = fromBinary(StatusSchema, status);
    const delay = details.map((any) => anyUnpack(any, RetryInfoSchema)?.retryDelay).find((one) => one);
    return { message: text(message), ...(delay && { retryAfter: millis(durationMs(delay)) }) };
  } catch {
    return { message: '' };
  }
}

/** grpc-js throws on a lone surrogate, and `why` may quote a sender's invalid text. */
function text(why: string): string {
  return why.slice(0, MESSAGE_CHARS_MAX).toWellFormed();
}

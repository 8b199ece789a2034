import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack, durationFromMs } from '@bufbuild/protobuf/wkt';
import { RetryInfoSchema } from '../gen/google/rpc/error_details_pb.ts';
import { type Status, StatusSchema } from '../gen/google/rpc/status_pb.ts';
import { ExportLogsServiceResponseSchema } from '../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import { retryAfter } from '../lib/retry-after.ts';
import { seconds } from '../lib/time-format.ts';
import type { Micros, Ms } from '../model/time.ts';
import type { GrpcAnswered, HttpAnswered, NotAnswered } from '../otlp-client/otlp-client.ts';
import {
  isJson,
  isProtobuf,
  isRetryInfo,
  partialSuccessIn,
  partialSuccessInJson,
  statusIn,
  statusInJson,
} from '../otlp-client/rpc-status.ts';
import type { HopAnswer } from './next-hop.ts';

const NOTHING = new Uint8Array();
const RETRY_AFTER = seconds(1);

/** The next hop has not answered, so its sender keeps the request. */
function noAnswer(why: string): HopAnswer {
  const said = `the next hop gave no answer: ${why}`;
  return { verdict: { kind: 'unavailable', retryAfter: RETRY_AFTER, why: said }, answered: false, why };
}

export const unanswered = ({ why, isLate }: NotAnswered, timeout: Ms): HopAnswer =>
  noAnswer(isLate ? `none within ${timeout} ms` : why);

export function grpcAnswer({ code, message, details, body }: GrpcAnswered): HopAnswer {
  if (code === 0) return okAnswer(body);
  const parsed = details && statusIn(details);
  const status = parsed ? details : toBinary(StatusSchema, create(StatusSchema, { code, message }));
  return {
    verdict: { kind: 'relayed', code, status },
    answered: true,
    why: `gRPC status ${code}${message === '' ? '' : `: ${message}`}`,
  };
}

export function okAnswer(body: Uint8Array, http?: number): HopAnswer {
  return {
    verdict: { kind: 'relayed', code: 0, status: NOTHING, body, ...(http === undefined ? {} : { http }) },
    answered: true,
  };
}

/** The body of a success, with further rejected records. */
export function withRejected(body: Uint8Array, rejected: number, why: string): Uint8Array {
  const said = partialSuccessIn(body);
  const errorMessage = [said?.errorMessage, why].filter(Boolean).join('; ');
  const rejectedLogRecords = (said?.rejectedLogRecords ?? 0n) + BigInt(rejected);
  return toBinary(
    ExportLogsServiceResponseSchema,
    create(ExportLogsServiceResponseSchema, { partialSuccess: { rejectedLogRecords, errorMessage } }),
  );
}

/**
 * The gRPC code of an HTTP status. The sender must retry what the OTLP specification calls retryable, and nothing else: so
 * 429 is not RESOURCE_EXHAUSTED, which is final unless it says when to retry.
 */
const CODES: Readonly<Record<number, number>> = {
  400: 3, // INVALID_ARGUMENT
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 12, // UNIMPLEMENTED
  405: 12,
  413: 8, // RESOURCE_EXHAUSTED
  415: 12,
  429: 14, // UNAVAILABLE
  502: 14,
  503: 14,
  504: 14,
};
const CODE_4XX = 3;
const CODE_5XX = 13;

export function httpAnswer(answer: HttpAnswered, now: Micros): HopAnswer {
  const { status: http, type, body, brokenOff } = answer;
  if (brokenOff !== undefined) return noAnswer(brokenOff);
  const after = retryAfter(answer.retryAfter, now);
  if (http >= 200 && http < 300) return okAnswer(isJson(type) ? responseInJson(body) : body, http);
  if (http < 400) return noAnswer(`HTTP ${http}: redirects are not followed, check forward.endpoint`);
  const code = CODES[http] ?? (http < 500 ? CODE_4XX : CODE_5XX);
  const parsed = isJson(type) ? statusInJson(body) : isProtobuf(type) ? statusIn(body) : undefined;
  const said = parsed ?? create(StatusSchema, { message: isProtobuf(type) ? '' : firstLine(body) });
  const asSent = isProtobuf(type) && said.code !== 0 && (after === undefined || saysWhen(said));
  const status = asSent ? body : toBinary(StatusSchema, completed(said, code, after));
  return {
    verdict: { kind: 'relayed', code, status, http },
    answered: true,
    why: `HTTP ${http}${said.message === '' ? '' : `: ${said.message}`}`,
  };
}

const saysWhen = ({ details }: Status): boolean => details.some(isRetryInfo);

/** With its code, and with the time of Retry-After, where it has not said them itself. */
function completed(said: Status, code: number, after: Ms | undefined): Status {
  const status = { ...said, code: said.code || code };
  if (after === undefined || saysWhen(said)) return status;
  const info = create(RetryInfoSchema, { retryDelay: durationFromMs(after) });
  return { ...status, details: [...said.details, anyPack(RetryInfoSchema, info)] };
}

/** It is a success also where its body cannot be read: the status came before it. */
function responseInJson(body: Buffer): Uint8Array {
  const partialSuccess = partialSuccessInJson(body);
  const response = create(ExportLogsServiceResponseSchema, partialSuccess ? { partialSuccess } : {});
  return toBinary(ExportLogsServiceResponseSchema, response);
}

/** Of a page of a proxy, for example. */
const firstLine = (body: Buffer): string =>
  body
    .subarray(0, 200)
    .toString()
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();

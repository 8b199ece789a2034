import type { Delivery } from '../model/risk.ts';
import type { Micros } from '../model/time.ts';
import type { GrpcAnswered, HttpAnswered } from '../otlp-client/otlp-client.ts';
import {
  isJson,
  isProtobuf,
  partialSuccessIn,
  partialSuccessInJson,
  retryDelay,
  statusIn,
  statusInJson,
} from '../otlp-client/rpc-status.ts';
import { failedCall } from './grpc-status.ts';
import { failedDelivery, readable } from './http-answer.ts';

/** Bytes of a page in which the reason of a failure is looked for. */
const TEXT_MAX = 2 ** 14;

export function grpcDelivery({ code, message, details, body }: GrpcAnswered): Delivery {
  if (code === 0) return delivered(partialSuccessIn(body));
  const status = details && statusIn(details);
  return failedCall(code, message, status && retryDelay(status));
}

/** A success whose body was broken off or cannot be read is a success: the status came before it. */
export function httpDelivery({ type, body, ...answer }: HttpAnswered, now: Micros): Delivery {
  if (answer.status <= 299)
    return delivered(isJson(type) ? partialSuccessInJson(body) : partialSuccessIn(body));
  const status = isJson(type) ? statusInJson(body) : isProtobuf(type) ? statusIn(body) : undefined;
  const said = isProtobuf(type) ? (status?.message ?? '') : body.subarray(0, TEXT_MAX).toString();
  return failedDelivery({ ...answer, body: said, delay: status && retryDelay(status) }, now);
}

/** A partial success may have rejected nothing: that is a warning. */
function delivered(partial: ReturnType<typeof partialSuccessIn>): Delivery {
  const { rejectedLogRecords = 0n, errorMessage = '' } = partial ?? {};
  const rejected = Math.max(0, Number(rejectedLogRecords));
  if (rejected === 0 && errorMessage === '') return { kind: 'delivered' };
  return { kind: 'delivered', rejected, why: readable(errorMessage) };
}

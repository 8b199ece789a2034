import { seconds } from '../lib/time-format.ts';
import type { Handle, Request } from '../model/request.ts';
import type { EndedAs } from './ended-as.ts';
import { FAULT, type Reply, reply } from './reply.ts';
import type { SenderBytes } from './sender.ts';

// Answers that a receiver gives by itself, the same over gRPC and over HTTP.

export const RETRY_AFTER = seconds(1);
export const STOPPING_REPLY = reply({
  kind: 'unavailable',
  retryAfter: RETRY_AFTER,
  why: 'Sidewatch is stopping',
});
/** It says no more, or somebody who tries tokens would learn from it. */
export const UNKNOWN_SENDER = reply({
  kind: 'unauthenticated',
  why: 'a valid bearer token is required',
});

/** The answer after the memory of a sender had no room for its request, and how that is counted if it was the sender's own limit. */
export function noRoom({ refusedBy }: SenderBytes): { readonly made: Reply; readonly as?: EndedAs } {
  const overloaded = (why: string) => reply({ kind: 'overloaded', retryAfter: RETRY_AFTER, why });
  return refusedBy === 'sender'
    ? {
        made: overloaded(
          'the requests in progress of this sender use all the memory that one sender may have (limits.sender_requests_mib)',
        ),
        as: 'sender limit',
      }
    : {
        made: overloaded(
          'the requests in progress use all the memory that they may have (limits.requests_mib)',
        ),
      };
}

/** The handler's answer. One that throws has a bug: its sender gets no details. */
export async function answerOf(handle: Handle, request: Request): Promise<Reply> {
  try {
    return reply(await handle(request));
  } catch {
    return FAULT;
  }
}

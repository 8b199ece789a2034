import { retryAfter } from '../lib/retry-after.ts';
import { seconds } from '../lib/time-format.ts';
import type { Delivery } from '../model/risk.ts';
import type { Micros, Ms } from '../model/time.ts';

/** The pause where only a person can help. */
export const MISCONFIGURED_AFTER: Ms = seconds(30);

/** Characters of a receiver's own text that are shown. */
const REASON_MAX = 200;

/** Temporary failures: those of the OTLP specification, and 408, which says nothing about the data either. */
const RETRYABLE: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/**
 * Answers about the sender's setup and not about the data. OTLP calls them final, but an expired token must not cost
 * the risk events: they wait in the outbox until a person has corrected the setup.
 */
const MISCONFIGURED: ReadonlyMap<number, string> = new Map([
  [401, 'check the credentials in its headers'],
  [403, 'check the credentials in its headers and what they allow'],
  [404, 'check the path of its endpoint'],
  [405, 'check the path of its endpoint'],
  [407, 'check the proxy in front of it'],
  [415, 'check its protocol (http/json or http/protobuf)'],
]);

/** A 400 with which a receiver of TLS answers plain HTTP, as those in Go and nginx do. */
const WANTS_TLS = /HTTP request (was sent )?to (an )?HTTPS/i;

/** An HTTP answer. `retryAfter`: the header; `body`: the receiver's own text; `delay`: that of a RetryInfo in it. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly retryAfter?: string | undefined;
  readonly body?: string | undefined;
  readonly delay?: Ms | undefined;
}

/**
 * What an answer that was not a success means for the batch. An answer that is neither temporary nor about the setup is about
 * the data: refused. A server's own fault (500) may be temporary or about the data.
 */
export function failedDelivery(answer: Answer, now: Micros): Delivery {
  const { status } = answer;
  const why = reasonOf(answer);
  if (RETRYABLE.has(status)) {
    const after = retryAfter(answer.retryAfter, now) ?? answer.delay;
    return { kind: 'retry', why, ...(after === undefined ? {} : { after }) };
  }
  const fix = MISCONFIGURED.get(status) ?? fixOf(answer);
  if (fix !== undefined) return { kind: 'retry', after: MISCONFIGURED_AFTER, why: `${why}; ${fix}` };
  if (status >= 500) return { kind: 'retry', why, doubtful: true };
  return { kind: 'refused', why };
}

function fixOf({ status, body = '' }: Answer): string | undefined {
  if (status < 400) return 'redirects are not followed: check its endpoint';
  return status === 400 && WANTS_TLS.test(body) ? 'write https:// in its endpoint' : undefined;
}

function reasonOf({ status, statusText, body = '' }: Answer): string {
  const text = readable(messageOf(body));
  return `HTTP ${status} ${readable(statusText)}`.trimEnd() + (text === '' ? '' : `: ${text}`);
}

/** The message of a google.rpc.Status as JSON, else the body as it is. */
function messageOf(body: string): string {
  try {
    const status: unknown = JSON.parse(body);
    if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message);
  } catch {}
  return body;
}

/** One short line: a receiver's bytes (a protobuf Status, for example) must not break a line of the log. */
export function readable(text: string): string {
  const line = text.replace(/[\p{C}\ufffd\s]+/gu, ' ').trim();
  return line.length > REASON_MAX ? `${line.slice(0, REASON_MAX)}...` : line;
}

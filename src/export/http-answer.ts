import { seconds } from '../lib/time-format.ts';
import type { Delivery } from '../model/risk.ts';
import type { Micros, Ms } from '../model/time.ts';

/** A Retry-After beyond this is cut to it: a mistaken header must not silence a destination for days. */
export const RETRY_AFTER_MAX: Ms = seconds(3600);

/** How long to wait where only a person can help. */
export const MISCONFIGURED_AFTER: Ms = seconds(30);

/** What a person reads of a receiver's own words. */
const REASON_MAX = 200;

/** Passing troubles: those of the OTLP specification, and 408, which says as little about the data. */
const RETRYABLE: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/**
 * Answers that are about the sender's setup and not about the data. OTLP calls them final, but a token that ran out
 * must not cost every risk event since: they wait in the outbox until somebody has put it right.
 */
const MISCONFIGURED: ReadonlyMap<number, string> = new Map([
  [401, 'check the credentials in its headers'],
  [403, 'check the credentials in its headers and what they allow'],
  [404, 'check the path of its endpoint'],
  [405, 'check the path of its endpoint'],
  [407, 'check the proxy in front of it'],
  [415, 'check its protocol (http/json or http/protobuf)'],
]);

/** An HTTP answer that was no success. `retryAfter`: the header; `body`: what the receiver said, in any encoding. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly retryAfter?: string | undefined;
  readonly body?: string | undefined;
}

/** What an answer means for the batch. What is neither passing nor a setup's fault is a verdict on the data: refused. A server's own fault (500) may be either. */
export function verdict(answer: Answer, now: Micros): Delivery {
  const { status } = answer;
  const why = said(answer);
  if (RETRYABLE.has(status)) {
    const after = retryAfter(answer.retryAfter, now);
    return { kind: 'retry', why, ...(after === undefined ? {} : { after }) };
  }
  const fix =
    MISCONFIGURED.get(status) ??
    (status < 400 ? 'redirects are not followed: check its endpoint' : undefined);
  if (fix !== undefined) return { kind: 'retry', after: MISCONFIGURED_AFTER, why: `${why}; ${fix}` };
  if (status >= 500) return { kind: 'retry', why, doubtful: true };
  return { kind: 'refused', why };
}

/** Seconds or an HTTP date, as milliseconds from `now`; undefined where the header is missing or neither. */
export function retryAfter(header: string | undefined, now: Micros): Ms | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : httpDate(text) - now / 1000;
  if (Number.isNaN(wait)) return undefined;
  return Math.min(Math.max(Math.ceil(wait), 0), RETRY_AFTER_MAX) as Ms;
}

const httpDate = (text: string): number => (/ GMT$/.test(text) ? Date.parse(text) : Number.NaN);

function said({ status, statusText, body = '' }: Answer): string {
  const reason = readable(message(body));
  return `HTTP ${status} ${readable(statusText)}`.trimEnd() + (reason === '' ? '' : `: ${reason}`);
}

/** The message of a google.rpc.Status as JSON, else the body as it is. */
function message(body: string): string {
  try {
    const status: unknown = JSON.parse(body);
    if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message);
  } catch {}
  return body;
}

/** One short line: a receiver's bytes (a protobuf Status among them) must not break a log's line. */
export function readable(text: string): string {
  const line = text.replace(/[\p{C}\ufffd\s]+/gu, ' ').trim();
  return line.length > REASON_MAX ? `${line.slice(0, REASON_MAX)}...` : line;
}

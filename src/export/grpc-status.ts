import type { Delivery } from '../model/risk.ts';
import type { Ms } from '../model/time.ts';
import { MISCONFIGURED_AFTER, readable } from './http-answer.ts';

/** `passes`: a temporary failure. `data`: it is about the data. `doubtful`: either. `setup`: only a person can help. */
type Meaning = 'passes' | 'data' | 'doubtful' | 'setup';

const CREDENTIALS = 'check the credentials in its headers';
const RECEIVER = 'check that the receiver takes logs over OTLP/gRPC at its endpoint';

/**
 * The codes that OTLP calls retryable pass, and so does RESOURCE_EXHAUSTED: OTLP calls it final without a RetryInfo, but a quota
 * must not cost risk events (HTTP 429 has the same meaning). What is about the sender's setup waits, as with HTTP.
 */
const STATUS: Readonly<Record<number, readonly [name: string, meaning: Meaning, fix?: string]>> = {
  1: ['CANCELLED', 'passes'],
  2: ['UNKNOWN', 'doubtful'],
  3: ['INVALID_ARGUMENT', 'data'],
  4: ['DEADLINE_EXCEEDED', 'passes'],
  5: ['NOT_FOUND', 'setup', RECEIVER],
  6: ['ALREADY_EXISTS', 'data'],
  7: ['PERMISSION_DENIED', 'setup', `${CREDENTIALS} and what they allow`],
  8: ['RESOURCE_EXHAUSTED', 'passes'],
  9: ['FAILED_PRECONDITION', 'doubtful'],
  10: ['ABORTED', 'passes'],
  11: ['OUT_OF_RANGE', 'passes'],
  12: ['UNIMPLEMENTED', 'setup', RECEIVER],
  13: ['INTERNAL', 'doubtful'],
  14: ['UNAVAILABLE', 'passes'],
  15: ['DATA_LOSS', 'passes'],
  16: ['UNAUTHENTICATED', 'setup', CREDENTIALS],
};

/** How servers say that a message is too large, and with which codes. A smaller one may pass. */
const TOO_LARGE = /larger than max|size larger than|exceeds maximum size|length too large/i;
const TOO_LARGE_CODES: ReadonlySet<number> = new Set([2, 8, 11, 13]);
const COMPRESSION = /\b(?:compress|encoding)/i;

/** What a status that is not OK means for the batch. `delay`: of its RetryInfo. */
export function failedCall(code: number, message: string, delay: Ms | undefined): Delivery {
  const [name, meaning, fix] = STATUS[code] ?? [`status ${code}`, 'doubtful'];
  const why = `gRPC ${name}${message === '' ? '' : `: ${readable(message)}`}`;
  if (meaning === 'data' || (TOO_LARGE_CODES.has(code) && TOO_LARGE.test(message)))
    return { kind: 'refused', why };
  if (meaning === 'setup') {
    const help = name === 'UNIMPLEMENTED' && COMPRESSION.test(message) ? 'write compression: none' : fix;
    return { kind: 'retry', after: MISCONFIGURED_AFTER, why: `${why}; ${help}` };
  }
  return {
    kind: 'retry',
    why,
    ...(delay !== undefined && { after: delay }),
    ...(meaning === 'doubtful' && { doubtful: true }),
  };
}

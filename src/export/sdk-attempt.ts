import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import type { Ms } from '../model/time.ts';
import { connectionFault } from './connection-fault.ts';
import type { Answer } from './http-answer.ts';

/** An OTLP partial success; one with nothing rejected is a warning. */
export interface PartialSuccess {
  readonly rejected: number;
  readonly why: string;
}

export type AttemptEnd =
  | { readonly kind: 'answer'; readonly answer: Answer; readonly partial?: PartialSuccess | undefined }
  | { readonly kind: 'no answer'; readonly why: string }
  /** Encoding failed, and would fail again. */
  | { readonly kind: 'not encoded'; readonly why: string };

/** ExportResult of the SDK's core, which is no dependency of ours. */
interface SdkResult {
  readonly code: number;
  readonly error?: Error;
}

const SUCCESS = 0;

/** What the SDK's exporter hides of one attempt; filled in while it runs. */
interface Attempt {
  request?: ClientRequest;
  response?: IncomingMessage;
  /** The header, which the response does not have any more. */
  retryAfter?: string | undefined;
  partial?: PartialSuccess | undefined;
  /** Its caller does not wait any more: a request that is made afterwards is not sent. */
  givenUp?: boolean;
}

/** The `timeoutMillis` to give to the SDK's exporter; see `sdkAttempt`. */
export const SDK_TIMEOUT = 1;

const attempts = new AsyncLocalStorage<Attempt>();
let watching = false;

/**
 * One delivery attempt through an exporter of the SDK, with our own deadline. `run` encodes and calls the exporter's `export`
 * with `done`; where it throws, the events cannot be encoded. Never rejects.
 *
 * When to retry is the business of our outbox. But the SDK's exporters retry by themselves, and hide the status, Retry-After
 * and a partial success. They have no option against it and take no transport. Three other ways were considered:
 *
 * - `createOtlpNetworkExportDelegate` of @opentelemetry/otlp-exporter-base takes a transport and does not retry. But that
 *   package, and the one with the serialisers, are "for internal use only", and we would need an HTTP client of our own.
 * - A `headers` function is called for each request and could stop the second one, but it is documented that it must not throw.
 * - The SDK's retries could go on unseen while we answer at the first response. Then each failed batch stays in memory for
 *   as long as the SDK waits, and a partial success comes by another way than a failure.
 *
 * So the exporter stays as it is, and this file uses what is public:
 *
 * - The SDK retries only within `timeoutMillis`. 1 ms leaves no room for its shortest pause (800 ms). The same 1 ms is
 *   also set as the timeout of the socket, and is removed there as soon as the SDK has set it.
 * - Node's channel `http.client.request.created` shows the request, in the asynchronous context of the export. So we read the
 *   response, and take Retry-After away before the SDK reads it: `0` would leave room for a retry (after a pause of -1 ms, about
 *   which Node prints a warning). If there is a second request all the same, it is destroyed before a byte of it is sent.
 * - A partial success is reported only to `diag.warn`, so from the first attempt on, the process's diag logger is ours.
 */
export function sdkAttempt(
  run: (done: (result: SdkResult) => void) => void,
  timeout: Ms,
  by: AbortSignal,
): Promise<AttemptEnd> {
  watch();
  return new Promise((resolve) => {
    const attempt: Attempt = {};
    const end = (how: AttemptEnd) => {
      clearTimeout(timer);
      by.removeEventListener('abort', stop);
      resolve(how);
    };
    const giveUp = (why: string) => {
      attempt.givenUp = true;
      attempt.request?.destroy();
      end({ kind: 'no answer', why });
    };
    const stop = () => giveUp('stopped before an answer came');
    const timer = setTimeout(() => giveUp(`no answer within ${timeout} ms`), timeout);
    if (by.aborted) return stop();
    by.addEventListener('abort', stop, { once: true });
    try {
      attempts.run(attempt, run, ({ code, error }) =>
        end(endOf(attempt, code === SUCCESS ? undefined : (error ?? new Error('it gives no reason')))),
      );
    } catch (error) {
      end({ kind: 'not encoded', why: String(error) });
    }
  });
}

function endOf({ request, response, retryAfter, partial }: Attempt, error: Error | undefined): AttemptEnd {
  if (!response && error) return { kind: 'no answer', why: connectionFault(error, request?.protocol) };
  const { data } = (error ?? {}) as { readonly data?: unknown };
  const answer: Answer = {
    status: response?.statusCode ?? 200,
    statusText: response?.statusMessage ?? '',
    retryAfter,
    body: typeof data === 'string' ? data : undefined,
  };
  return { kind: 'answer', answer, partial };
}

function watch(): void {
  if (watching) return;
  watching = true;
  subscribe('http.client.request.created', (message) => requestCreated(message as RequestCreated));
  const ignore = () => {};
  diag.setLogger(
    { error: ignore, warn: warned, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

interface RequestCreated {
  readonly request: ClientRequest;
}

function requestCreated({ request }: RequestCreated): void {
  const attempt = attempts.getStore();
  if (!attempt) return;
  if (attempt.request || attempt.givenUp) {
    request.destroy(new Error('one attempt at a time'));
    return;
  }
  attempt.request = request;
  request.once('socket', () => queueMicrotask(() => request.setTimeout(0)));
  request.once('response', (response) => {
    attempt.response = response;
    attempt.retryAfter = response.headers['retry-after'];
    delete response.headers['retry-after'];
  });
}

function warned(_text: string, ...details: readonly unknown[]): void {
  const attempt = attempts.getStore();
  if (attempt) attempt.partial ??= details.map(partialSuccess).find((each) => each !== undefined);
}

/** The SDK gives it as JSON. An int64 is a number where it came as protobuf, and usually a string where it came as JSON. */
function partialSuccess(detail: unknown): PartialSuccess | undefined {
  if (typeof detail !== 'string' || !detail.startsWith('{')) return undefined;
  try {
    const { rejectedLogRecords = 0, errorMessage = '' } = JSON.parse(detail) as Record<string, unknown>;
    const rejected = Number(rejectedLogRecords);
    return { rejected: Number.isSafeInteger(rejected) ? rejected : 0, why: String(errorMessage) };
  } catch {
    return undefined;
  }
}

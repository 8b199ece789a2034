import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { DiagLogLevel, diag } from '@opentelemetry/api';

/** What the SDK's exporter hides of one attempt; filled in while it runs. */
export interface Attempt {
  request?: ClientRequest;
  response?: IncomingMessage;
  /** The header, which the response does not have any more. */
  retryAfter?: string | undefined;
  /** Set by whoever gave the attempt up: a request that is made afterwards is not sent. */
  over?: boolean;
  /** An OTLP partial success; one with nothing rejected is a warning. */
  partial?: { readonly rejected: number; readonly why: string };
}

/** The timeout to give to the SDK's exporter; see `created`. */
export const SDK_TIMEOUT = 1;

const attempts = new AsyncLocalStorage<Attempt>();
let watching = false;

/**
 * Runs an export so that `attempt` learns its request, its response and its partial success. All by public ways:
 * Node's `http.client.request.created` channel tells of the request in the export's own asynchronous context, and
 * the SDK tells of a partial success nowhere but in `diag.warn`. From the first call on the process's diag logger is ours.
 */
export function watched(attempt: Attempt, run: () => void): void {
  if (!watching) {
    watching = true;
    subscribe('http.client.request.created', (message) => created(message as Created));
    const quiet = () => {};
    diag.setLogger(
      { error: quiet, warn: warned, info: quiet, debug: quiet, verbose: quiet },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
  }
  attempts.run(attempt, run);
}

interface Created {
  readonly request: ClientRequest;
}

/**
 * When to repeat is our outbox's business, but the SDK repeats by itself while its timeout lasts and has no option
 * against it. So its timeout is 1 ms, which leaves no room for a second attempt, and is taken off the socket as soon
 * as the SDK has put it there: our own deadline counts. A Retry-After, which may ask for no room, is taken away before
 * the SDK reads it. Should it repeat all the same, that request is destroyed before a byte of it is sent.
 */
function created({ request }: Created): void {
  const attempt = attempts.getStore();
  if (!attempt) return;
  if (attempt.request || attempt.over) {
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

function warned(_text: string, ...more: readonly unknown[]): void {
  const attempt = attempts.getStore();
  const partial = more.map(partialSuccess).find((each) => each !== undefined);
  if (attempt && partial) attempt.partial = partial;
}

/** The SDK hands it over as JSON; an int64 is a number from protobuf and usually a string from JSON. */
function partialSuccess(said: unknown): Attempt['partial'] {
  if (typeof said !== 'string' || !said.startsWith('{')) return undefined;
  try {
    const { rejectedLogRecords = 0, errorMessage = '' } = JSON.parse(said) as Record<string, unknown>;
    const rejected = Number(rejectedLogRecords);
    return { rejected: Number.isSafeInteger(rejected) ? rejected : 0, why: String(errorMessage) };
  } catch {
    return undefined;
  }
}

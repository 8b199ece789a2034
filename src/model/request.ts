import type { Micros, Ms } from './time.ts';

/**
 * What a sender gave us in one piece. Its bytes stay as they came, so that they can be passed on unchanged. They are the
 * handler's until its promise settles; then the buffer is used for another request, so what is kept longer is copied.
 */
export interface Request {
  readonly bytes: Uint8Array;
  /** otlp: a serialised ExportLogsServiceRequest; otlp-json: the same as JSON; event-list: a webhook's body; line: one line of an audit log, whatever it holds. */
  readonly shape: 'otlp' | 'otlp-json' | 'event-list' | 'line';
  readonly arrived: Micros;
  readonly deadline?: Micros;
  /** The cluster that the way in names (a path, an option); a record's own k8s.cluster.name goes first. */
  readonly cluster?: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** The answer to a request. receive/reply.ts turns it into a gRPC or an HTTP status; nothing else does. */
export type Verdict =
  /** Everything that the request holds is as durable as configured; `rejected` records were malformed. */
  | { readonly kind: 'accepted'; readonly rejected: number; readonly why?: string }
  /** Nothing was changed; the whole request may come again after `retryAfter`. */
  | { readonly kind: 'overloaded' | 'unavailable'; readonly retryAfter: Ms; readonly why: string }
  /** Nothing was changed and a retry would not help. */
  | { readonly kind: 'malformed' | 'too_large' | 'unauthenticated'; readonly why: string }
  /** The next hop's own answer, given as ours. */
  | {
      readonly kind: 'relayed';
      readonly code: number;
      readonly status: Uint8Array;
      readonly body?: Uint8Array;
    };

export type Handle = (request: Request) => Promise<Verdict>;

export interface Receiver {
  /** host:port as bound, for people and for tests that asked for port 0. */
  readonly address: string;
  /** Takes no new requests, lets those under way finish until `by` aborts. Twice is fine. */
  stop(by: AbortSignal): Promise<void>;
}

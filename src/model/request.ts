import type { Micros, Ms } from './time.ts';

/**
 * One request of a sender. Its bytes are never changed, so that they can be passed on as they are. The handler may use them
 * until its promise settles; then the buffer is used for another request, so whatever is kept longer must be a copy.
 */
export interface Request {
  readonly bytes: Uint8Array;
  /**
   * otlp: a serialised ExportLogsServiceRequest; otlp-json: the same as JSON; event-list: the body of a webhook; line:
   * one line of an audit log, which may hold anything.
   */
  readonly shape: 'otlp' | 'otlp-json' | 'event-list' | 'line';
  readonly arrived: Micros;
  readonly deadline?: Micros;
  /** The cluster of the whole request (from an option); whatever the record or its envelope says takes precedence: docs/envelopes.md. */
  readonly cluster?: string;
  /**
   * The cluster to which the sender's token is bound, else the one that the path of an audit webhook names. It names the
   * cluster of every record, whatever the payload says.
   */
  readonly boundCluster?: string;
  /** Who sent it, for people: an address, the path of a unix socket. Missing where it was not sent to a receiver. */
  readonly sender?: string;
  /** Without those of the transport and without secrets (authorization). */
  readonly headers: ReadonlyMap<string, string>;
}

/** The answer to a request. Only receive/reply.ts turns it into a gRPC or an HTTP status. */
export type Verdict =
  /** Everything in the request is as durable as configured, except for `rejected` malformed records. */
  | { readonly kind: 'accepted'; readonly rejected: number; readonly why?: string }
  /** Nothing was changed; the sender can send the whole request again after `retryAfter`. */
  | { readonly kind: 'overloaded' | 'unavailable'; readonly retryAfter: Ms; readonly why: string }
  /** Nothing was changed, and a retry would not help. */
  | { readonly kind: 'malformed' | 'too_large' | 'unauthenticated'; readonly why: string }
  /** The answer of the next hop, given unchanged. */
  | {
      readonly kind: 'relayed';
      readonly code: number;
      /** Its HTTP status, where it spoke HTTP. */
      readonly http?: number;
      readonly status: Uint8Array;
      readonly body?: Uint8Array;
    };

/** Whether the sender may forget its request. */
export function isAccepted(verdict: Verdict): boolean {
  return verdict.kind === 'accepted' || (verdict.kind === 'relayed' && verdict.code === 0);
}

export type Handle = (request: Request) => Promise<Verdict>;

export interface Receiver {
  /** As bound, host:port or unix:///path: for people, and for tests that asked for port 0. */
  readonly address: string;
  /** Takes no new requests; waits for those in progress until `by` aborts. May be called twice. */
  stop(by: AbortSignal): Promise<void>;
}

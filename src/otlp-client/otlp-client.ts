import type { Ms } from '../model/time.ts';

/** One ExportLogsServiceRequest. */
export interface OtlpMessage {
  /** Serialised, not compressed. */
  readonly bytes: Buffer;
  readonly json: boolean;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/** An answer over HTTP. */
export interface HttpAnswered {
  readonly kind: 'http';
  readonly status: number;
  readonly statusText: string;
  /** Of the content. */
  readonly type: string;
  /** The header. */
  readonly retryAfter: string | undefined;
  readonly body: Buffer;
  /** Why the body did not come whole; it is empty then. */
  readonly brokenOff?: string;
}

/** A status over gRPC. */
export interface GrpcAnswered {
  readonly kind: 'grpc';
  readonly code: number;
  readonly message: string;
  /** A serialised google.rpc.Status. */
  readonly details: Buffer | undefined;
  /** Of a success. */
  readonly body: Buffer;
}

/** The receiver has not said anything. */
export interface NotAnswered {
  readonly kind: 'no answer';
  readonly why: string;
  /** The time of the attempt was over. */
  readonly isLate?: boolean;
  /** As Node gives it, where there is one. */
  readonly error?: NodeJS.ErrnoException;
}

/** Sends requests to one OTLP receiver. It never tries one again by itself. */
export interface OtlpClient<Answered> {
  /** One attempt, of `timeout` at most, also given up when `by` aborts. Never rejects. */
  send(message: OtlpMessage, timeout: Ms, by?: AbortSignal): Promise<Answered | NotAnswered>;
  /** Gives up what is not answered. */
  stop(): void;
}

/** PEM. Without `ca`, the authorities that Node trusts. */
export interface ClientKeys {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface OtlpClientOptions {
  readonly compression: 'gzip' | 'none';
  /** Asked before each request. When it gives other keys than before, a new connection is made with them. */
  readonly keys: () => ClientKeys;
  /** Sidewatch's own, for the User-Agent. */
  readonly version: string;
}

const none = (why: string): NotAnswered => ({ kind: 'no answer', why });

export const GIVEN_UP = none('stopped before an answer came');
export const CLOSED = none('Sidewatch is stopping');
export const lateAnswer = (timeout: Ms): NotAnswered => ({
  ...none(`no answer within ${timeout} ms`),
  isLate: true,
});

/** Where the request could not be made, or its connection has failed. */
export function failedExchange(error: NodeJS.ErrnoException): NotAnswered {
  // A connection that was tried over several addresses fails with a code and an empty message.
  return { ...none([error.code, error.message].filter(Boolean).join(': ')), error };
}

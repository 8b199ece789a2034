import type { IncomingMessage } from 'node:http';
import type { Request } from '../../model/request.ts';
import type { Reply } from '../reply.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** What the head of a request says of its body. */
export interface HttpRoute {
  readonly shape: Request['shape'];
  /** The cluster that the path names. */
  readonly cluster?: string;
}

/** What is served over HTTP. */
export interface HttpService {
  /** The section of the configuration, such as `receivers.otlp.protocols.http`. */
  readonly section: string;
  /** The answer to a request that needs no token and has no body. */
  preflight(head: IncomingMessage): HttpAnswer | undefined;
  /** What the body is; or the answer, where there is nothing of that name here or the request is of another kind. */
  route(head: IncomingMessage): HttpRoute | HttpAnswer;
  /** The answer, in a form that its sender reads. */
  answer(reply: Reply, head: IncomingMessage): HttpAnswer;
  /** Headers of every other answer. */
  headers(head: IncomingMessage): Readonly<Record<string, string>>;
}

export const isAnswer = (value: HttpRoute | HttpAnswer): value is HttpAnswer => 'status' in value;

/** An answer for people. */
export function plainAnswer(status: number, body: string, headers: HttpAnswer['headers'] = {}): HttpAnswer {
  return { status, headers: { 'content-type': 'text/plain', ...headers }, body };
}

/** What stands before the path where a request names the whole URL, as to a proxy. */
const ORIGIN = /^https?:\/\/[^/?#]*/i;

/** The path of a request, without its query. */
export const pathOf = ({ url = '/' }: IncomingMessage): string => url.replace(ORIGIN, '').split('?', 1)[0]!;

/** The media type of a Content-Type, without its parameters and in small letters; '' where there is none. */
export const mediaTypeOf = ({ headers }: IncomingMessage): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();

/** Headers that HTTP itself wants of a refusal. */
export function refusalHeaders({ http, retryAfter }: Reply): Record<string, string> {
  return {
    ...(http === 401 && { 'www-authenticate': 'Bearer' }),
    // Whole seconds; one too many does no harm.
    ...((http === 429 || http === 503) &&
      retryAfter !== undefined && { 'retry-after': String(Math.ceil(retryAfter / 1000)) }),
  };
}

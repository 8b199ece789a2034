import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as overHttp } from 'node:http';
import { Agent as HttpsAgent, request as overHttps } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Ms } from '../model/time.ts';
import {
  CLOSED,
  failedExchange,
  GIVEN_UP,
  type HttpAnswered,
  lateAnswer,
  type NotAnswered,
  type OtlpClient,
  type OtlpClientOptions,
  type OtlpMessage,
} from './otlp-client.ts';
import { Renewed } from './renewed.ts';

const gzipped = promisify<Buffer, Buffer>(gzip);

/** The OTLP specification limits an answer to 4 MiB. */
const ANSWER_BYTES_MAX = 4 * 2 ** 20;

export interface HttpClientOptions extends OtlpClientOptions {
  /** The whole URL, with /v1/logs. */
  readonly url: string;
}

/** OTLP over HTTP/1.1. Throws for keys that cannot be used. */
export function httpClient(options: HttpClientOptions): OtlpClient<HttpAnswered> {
  const url = new URL(options.url);
  const isTls = url.protocol === 'https:';
  const open = isTls ? overHttps : overHttp;
  const agents = new Renewed(
    options.keys,
    (keys): HttpAgent =>
      isTls ? new HttpsAgent({ keepAlive: true, ...keys }) : new HttpAgent({ keepAlive: true }),
    (agent) => agent.destroy(),
  );
  const underWay = new Set<(how: NotAnswered) => void>();
  let isStopped = false;

  function exchange(
    agent: HttpAgent,
    message: OtlpMessage,
    timeout: Ms,
    by: AbortSignal | undefined,
  ): Promise<HttpAnswered | NotAnswered> {
    return new Promise((resolve) => {
      let request: ClientRequest | undefined;
      let head: Omit<HttpAnswered, 'body'> | undefined;
      let isOver = false;
      const end = (how: HttpAnswered | NotAnswered) => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        by?.removeEventListener('abort', stop);
        underWay.delete(giveUp);
        resolve(how);
      };
      const giveUp = (how: NotAnswered) => {
        // A status that has come decides, whatever becomes of the body.
        end(head ? { ...head, body: Buffer.alloc(0), brokenOff: how.why } : how);
        request?.destroy();
      };
      const failed = (error: NodeJS.ErrnoException) => giveUp(failedExchange(error));
      const stop = () => giveUp(GIVEN_UP);
      const timer = setTimeout(() => giveUp(lateAnswer(timeout)), timeout);
      if (by?.aborted) return stop();
      by?.addEventListener('abort', stop, { once: true });
      underWay.add(giveUp);
      const send = (body: Buffer) => {
        if (isOver) return;
        const headers = headersOf(message, options, body.length);
        request = open(url, { method: 'POST', agent, headers });
        request.on('error', failed);
        request.on('response', (response) => {
          const mine = headOf(response);
          head = mine;
          response.on('error', failed);
          wholeBody(response).then((body) => end({ ...mine, body }), failed);
        });
        request.end(body);
      };
      bodyOf(message, options).then(send).catch(failed);
    });
  }

  return {
    async send(message, timeout, by) {
      if (isStopped) return CLOSED;
      return agents.use((agent) => exchange(agent, message, timeout, by)).catch(failedExchange);
    },
    stop() {
      isStopped = true;
      for (const giveUp of underWay) giveUp(CLOSED);
      agents.drop();
    },
  };
}

async function bodyOf({ bytes }: OtlpMessage, { compression }: OtlpClientOptions): Promise<Buffer> {
  return compression === 'gzip' ? gzipped(bytes) : bytes;
}

function headersOf(
  { json, headers }: OtlpMessage,
  { compression, version }: OtlpClientOptions,
  length: number,
): Record<string, string | number> {
  return {
    'user-agent': `sidewatch/${version}`,
    ...Object.fromEntries(headers),
    'content-type': json ? 'application/json' : 'application/x-protobuf',
    ...(compression === 'gzip' && { 'content-encoding': 'gzip' }),
    'content-length': length,
  };
}

async function wholeBody(response: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > ANSWER_BYTES_MAX) throw new Error(`its answer has more than ${ANSWER_BYTES_MAX} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function headOf({
  statusCode = 0,
  statusMessage = '',
  headers,
}: IncomingMessage): Omit<HttpAnswered, 'body'> {
  return {
    kind: 'http',
    status: statusCode,
    statusText: statusMessage,
    type: headers['content-type'] ?? '',
    retryAfter: headers['retry-after'],
  };
}

import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as overHttp } from 'node:http';
import { Agent as HttpsAgent, request as overHttps } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { retryAfter } from '../lib/retry-after.ts';
import type { Clock, Ms } from '../model/time.ts';
import { httpAnswer, noAnswer, STOPPING } from './hop-answers.ts';
import type { HopAnswer, HopOptions, NextHop, Outgoing } from './next-hop.ts';

const gzipped = promisify<Buffer, Buffer>(gzip);

/** The OTLP specification limits an answer to 4 MiB. */
const ANSWER_BYTES_MAX = 4 * 2 ** 20;

export interface HttpHopOptions extends HopOptions {
  /** The whole URL, with /v1/logs. */
  readonly url: string;
}

/** The next hop over OTLP/HTTP. Throws for a certificate that cannot be read. */
export function httpHop(options: HttpHopOptions, clock: Clock): NextHop {
  const url = new URL(options.url);
  const isTls = url.protocol === 'https:';
  const agent = isTls
    ? new HttpsAgent({ keepAlive: true, ...options.tls })
    : new HttpAgent({ keepAlive: true });
  const open = isTls ? overHttps : overHttp;
  const underWay = new Set<ClientRequest>();
  let isStopped = false;
  return {
    target: `${url.origin}${url.pathname}`,
    takesJson: true,
    async send(message, timeout) {
      const began = clock();
      const body = options.compression === 'gzip' ? await gzipped(message.bytes) : message.bytes;
      const left = (timeout - (clock() - began) / 1000) as Ms;
      if (left <= 0) return noAnswer(`none within ${timeout} ms`);
      if (isStopped) return noAnswer(STOPPING);
      const request = open(url, {
        method: 'POST',
        agent,
        headers: headersOf(message, options, body.length),
      });
      underWay.add(request);
      const answer = await exchange(request, body, left, timeout, clock);
      underWay.delete(request);
      return answer;
    },
    stop() {
      isStopped = true;
      for (const request of underWay) request.destroy(new Error(STOPPING));
      agent.destroy();
    },
  };
}

function headersOf(
  { json, headers }: Outgoing,
  { headers: own, compression, version }: HopOptions,
  length: number,
): Record<string, string | number> {
  const configured = Object.entries(own).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    'user-agent': `sidewatch/${version}`,
    ...Object.fromEntries([...headers, ...configured]),
    'content-type': json ? 'application/json' : 'application/x-protobuf',
    ...(compression === 'gzip' && { 'content-encoding': 'gzip' }),
    'content-length': length,
  };
}

function exchange(
  request: ClientRequest,
  body: Buffer,
  left: Ms,
  timeout: Ms,
  clock: Clock,
): Promise<HopAnswer> {
  return new Promise((resolve) => {
    const end = (answer: HopAnswer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    const failed = (error: Error & { readonly code?: string }) =>
      end(noAnswer([error.code, error.message].filter(Boolean).join(': ')));
    const timer = setTimeout(() => request.destroy(new Error(`none within ${timeout} ms`)), left);
    request.on('error', failed);
    request.on('response', (response) => {
      response.on('error', failed);
      wholeBody(response).then(
        (whole) => end(httpAnswer({ ...headOf(response, clock), body: whole })),
        failed,
      );
    });
    request.end(body);
  });
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

function headOf({ statusCode = 0, headers }: IncomingMessage, clock: Clock) {
  return {
    status: statusCode,
    type: headers['content-type'] ?? '',
    retryAfter: retryAfter(headers['retry-after'], clock()),
  };
}

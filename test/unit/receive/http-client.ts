import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect, type Socket } from 'node:net';
import { fromBinary } from '@bufbuild/protobuf';
import { StatusSchema } from '../../../src/gen/google/rpc/status_pb.ts';

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Pieces are sent without a length. */
  readonly body?: Uint8Array | string | readonly Uint8Array[];
  /** PEM, for HTTPS. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
}

export const PROTOBUF = { 'content-type': 'application/x-protobuf' };
export const JSON_TYPE = { 'content-type': 'application/json' };

/** Sends one request, on a connection of its own. */
export function post(address: string, sent: Sent = {}): Promise<HttpReply> {
  const { method = 'POST', path = '/v1/logs', headers = PROTOBUF, body = '', tls } = sent;
  const socketPath = /^unix:\/\/(.*)$/.exec(address)?.[1];
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  const at = socketPath === undefined ? { host: host!, port: Number(port) } : { socketPath };
  return new Promise((resolve, reject) => {
    const out = (tls ? requestTls : request)({
      ...at,
      method,
      path,
      headers,
      agent: false,
      ...(tls && { ...tls, servername: 'localhost' }),
    });
    out.on('error', reject);
    out.on('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(pieces) }),
      );
    });
    if (Array.isArray(body)) {
      for (const piece of body) out.write(piece);
      out.end();
    } else out.end(body as string | Uint8Array);
  });
}

/** Bytes on a connection, as no client would send them; `heard` grows with what comes back. */
export async function rawConnection(address: string) {
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  const socket: Socket = connect(Number(port), host);
  socket.on('error', () => {});
  let heard = '';
  socket.on('data', (piece) => {
    heard += piece.toString('latin1');
  });
  await once(socket, 'connect');
  return {
    socket,
    closed: new Promise<void>((resolve) => socket.once('close', () => resolve())),
    get heard() {
      return heard;
    },
    /** Resolves when so much has come back. */
    async hears(what: RegExp) {
      while (!what.test(heard)) await once(socket, 'data');
      return heard;
    },
  };
}

export const headOf = (more = '', length: number | undefined = 0) =>
  `POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n${more}${
    length === undefined ? '' : `content-length: ${length}\r\n`
  }\r\n`;

/** The code and message of an error's body. */
export function statusOf({ headers, body }: HttpReply): { readonly code: number; readonly message: string } {
  if (headers['content-type'] === 'application/json') return JSON.parse(body.toString());
  const { code, message } = fromBinary(StatusSchema, body);
  return { code, message };
}

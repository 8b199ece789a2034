import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { millis, seconds } from '../../lib/time-format.ts';
import type { Handle, Receiver } from '../../model/request.ts';
import type { Clock, Ms } from '../../model/time.ts';
import { type DoorOptions, openDoor } from '../door.ts';
import { drainer } from '../drain.ts';
import type { EndedAs } from '../ended-as.ts';
import { RequestMemory } from '../request-memory.ts';
import { bindingFor } from '../tokens.ts';
import { HttpCall, type HttpContext } from './http-call.ts';
import { HttpConnection, type HttpTimes } from './http-connection.ts';
import type { HttpService } from './http-service.ts';

export interface HttpOptions extends DoorOptions {
  /** The largest body, as sent and as decompressed. A larger one is refused for good (413). */
  readonly maxRequestBytes: number;
  /** The memory of all requests in progress; see GrpcOptions. */
  readonly memory?: RequestMemory;
  /**
   * The time that a request has to arrive in full; then it is answered 503. A sender has as much time to read its answer;
   * then its connection is closed. Default: a minute.
   */
  readonly maxMessageTime?: Ms;
  /** At a stop: the time that requests which are arriving still have; then they are answered 503. Default: 2 seconds. */
  readonly lastMessagesTime?: Ms;
  /** The most requests that are handled at once; further ones are answered 429. Default: no limit but memory. */
  readonly maxInFlight?: number;
  readonly times?: Partial<HttpTimes>;
  /** Called for each request that ended without its handler: refused (too large, broken, no room), or given up by its sender. */
  readonly refused?: (as: EndedAs, why: string, sender: string) => void;
  /** Called for each connection that was closed because its sender did not read the answer. */
  readonly unread?: () => void;
}

const HELD_BYTES = 256 * 2 ** 20;
const MESSAGE_TIME = seconds(60);
const LAST_MESSAGES_TIME = seconds(2);
const HANDSHAKE = seconds(10);
const TIMES: HttpTimes = {
  head: HANDSHAKE,
  // Longer than Go's clients keep an idle connection (90 s), so that it is they who close it, and no request meets our end.
  idle: seconds(120),
  maxConnectionAge: seconds(300),
};
/** The time that a client that is turned away has to read why. */
const READING_TIME = seconds(1);

/**
 * Serves requests with a body over HTTP/1.1: its limits, its times, and how it stops. A request's bytes belong to its handler
 * until that settles; then their memory is reused. `handle` should not reject. If it does, the sender gets 500; whoever made
 * the handler must log it. Rejects with an Error for the user where it cannot listen.
 */
export async function startHttp(
  options: HttpOptions,
  service: HttpService,
  handle: Handle,
  clock: Clock,
): Promise<Receiver> {
  const memory = options.memory ?? new RequestMemory(Math.max(HELD_BYTES, 4 * options.maxRequestBytes));
  const underWay = new Set<Promise<unknown>>();
  const context: HttpContext = {
    service,
    maxRequestBytes: options.maxRequestBytes,
    maxMessageTime: options.maxMessageTime ?? MESSAGE_TIME,
    maxInFlight: options.maxInFlight ?? Number.POSITIVE_INFINITY,
    bindingOf: (authorization) => bindingFor(authorization, options.tokens),
    memory,
    handle,
    clock,
    underWay,
    refused: options.refused ?? (() => {}),
    unread: options.unread ?? (() => {}),
  };
  const times = { ...TIMES, ...options.times };
  const connections = new Map<Socket, HttpConnection>();
  const server = serverOf(connections, context, options.tls !== undefined);
  const door = await openDoor(options, {
    setting: `${service.section}.endpoint`,
    protocol: 'http/1.1',
    handshake: HANDSHAKE,
    memory,
    begin(socket, peer) {
      const broken = options.broken ?? (() => {});
      const connection = new HttpConnection(socket, peer, times, broken, () => connections.delete(socket));
      connections.set(socket, connection);
      server.emit('connection', socket);
    },
    turnAway,
  });
  return {
    address: door.address,
    stop: drainer({
      close: () => door.close(),
      connections: { [Symbol.iterator]: () => connections.values() },
      underWay,
      lastMessagesTime: options.lastMessagesTime ?? LAST_MESSAGES_TIME,
    }),
  };
}

function serverOf(
  connections: ReadonlyMap<Socket, HttpConnection>,
  context: HttpContext,
  overTls: boolean,
): Server {
  // Its own times do not work for sockets that were accepted elsewhere: HttpConnection and HttpCall have them.
  const server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 });
  const take = (head: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(head.socket);
    if (!connection) return;
    const call = new HttpCall(head, response, context, connection);
    if (connection.add(call)) call.begin();
  };
  server.on('request', take);
  // The body is asked for only if the head is good.
  server.on('checkContinue', take);
  server.on('clientError', (error: ClientError, socket: Socket) => {
    const connection = connections.get(socket);
    if (!PEER_LEFT.has(error.code ?? '')) {
      connection?.broken(notHttp(error, overTls));
      if (socket.writable && !connection?.isOpen)
        socket.write(
          `HTTP/1.1 ${error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
        );
    }
    // Its requests count as cancelled when they close.
    socket.destroySoon();
  });
  return server;
}

type ClientError = Error & { readonly code?: string; readonly rawPacket?: Buffer };

/** Codes for a client that went without a farewell. Its requests in progress count as cancelled. */
const PEER_LEFT = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'HPE_INVALID_EOF_STATE']);

/** The first byte of a TLS connection. */
const TLS_HANDSHAKE = 0x16;

function notHttp({ code, message, rawPacket }: ClientError, overTls: boolean): string {
  if (!overTls && rawPacket?.[0] === TLS_HANDSHAKE)
    return 'it speaks TLS, and this port does not: write http:// in the endpoint of the sender, or set tls of this receiver';
  if (rawPacket?.subarray(0, 3).toString('latin1') === 'PRI')
    return 'it speaks HTTP/2, as gRPC does, and this port is for HTTP/1.1: OTLP over gRPC has another port';
  return `it sends no HTTP that can be read (${code ?? message})`;
}

function turnAway(socket: Socket, why: string, ended: () => void): void {
  socket.on('error', () => {});
  socket.once('close', ended);
  socket.resume();
  socket.end(
    `HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(why)}\r\n\r\n${why}`,
  );
  setTimeout(() => socket.destroy(), millis(READING_TIME)).unref();
}

import { performServerHandshake, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { millis } from '../../lib/time-format.ts';
import type { Ms } from '../../model/time.ts';
import type { Sender } from '../sender.ts';
import { Departure } from './departure.ts';
import { type CallContext, type Calls, type OpenCall, takeCall } from './grpc-call.ts';
import type { HealthService } from './grpc-health.ts';
import { keepAlive } from './keep-alive.ts';
import { SessionTimers } from './session-timers.ts';

/** How long a connection may do what. A time of 0 is off, except for the grace. */
export interface ConnectionTimes {
  /** For a new client to begin HTTP/2; then its connection is closed. */
  readonly handshake: Ms;
  /**
   * A collector keeps its connection as long as it runs, so replicas that start later would get nothing. At this age (up to
   * a tenth more or less) we ask it to connect again. Requests in progress are answered first.
   */
  readonly maxConnectionAge: Ms;
  /** After this time requests on such a connection are cut off, and their sender retries. */
  readonly maxConnectionAgeGrace: Ms;
  /** Without a call for so long, a connection is asked to go. */
  readonly maxConnectionIdle: Ms;
  /** From the last byte of a client to our ping (up to twice this time). */
  readonly keepaliveTime: Ms;
  /** For the answer to the ping; then the connection is closed, as its client has vanished. */
  readonly keepaliveTimeout: Ms;
}

/** What all connections of a receiver share. */
export interface ConnectionContext extends CallContext {
  readonly times: ConnectionTimes;
  readonly maxConcurrentStreams: number;
  readonly health: HealthService | undefined;
  /** Called for a connection that ended in an error; `why` is for people. */
  readonly broken: (why: string, peer: string) => void;
}

/**
 * How much a client may send before we acknowledge it, on a stream and on its connection. With HTTP/2's default of 64 KiB a
 * sender of megabytes waits for us all the time; more than this saves no CPU and makes other connections wait longer
 * (bench: grpc.bench.ts). It does not bound memory, as everything is read at once: HeldBytes does.
 */
const WINDOW = 2 ** 20;

/** Codes for a client that went without a farewell. That is an error only if a call was open. */
const PEER_LEFT = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/**
 * nghttp2's code for a frame that HTTP/2 forbids. grpc-go, and so the collector, ends each connection with one: a GOAWAY that
 * names the client's own last stream, where one of the server's must stand.
 */
const PROTOCOL_ERROR = -505;

/** nghttp2's code for a connection that does not begin as HTTP/2 must: HTTP/1, TLS, or something else. */
const BAD_MAGIC = -903;

/** One client's HTTP/2 connection, with its open calls. */
export class GrpcConnection implements Calls {
  readonly peer: Sender;
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #to: ConnectionContext;
  readonly #calls = new Set<OpenCall>();
  #begun = 0;
  /** Calls without an answer that ended together with the connection. */
  #cut = 0;
  readonly #timers: SessionTimers;
  readonly #departure: Departure;
  #greeted = false;
  #putOffIdle: (() => void) | undefined;

  constructor(socket: Socket, peer: Sender, to: ConnectionContext, ended: () => void) {
    this.peer = peer;
    this.#socket = socket;
    this.#to = to;
    const { maxConcurrentStreams } = to;
    const session = performServerHandshake(socket, {
      settings: { initialWindowSize: WINDOW, maxConcurrentStreams },
    });
    this.#session = session;
    this.#timers = new SessionTimers(session);
    this.#departure = new Departure(session, socket, this.#timers, this);
    session.setLocalWindowSize(WINDOW);
    session.on('stream', (stream, headers) => {
      if (!to.health?.take(stream, headers, this)) takeCall(stream, headers, to, this);
    });
    // An error also closes the session.
    session.on('error', (error) => this.#failed(error));
    session.once('close', ended);
    const cancel = this.#timers.after(to.times.handshake, () => this.#neverGreeted());
    session.once('remoteSettings', () => {
      cancel();
      this.#greet(to.times);
    });
  }

  get calls(): Iterable<OpenCall> {
    return this.#calls;
  }

  get begun(): number {
    return this.#begun;
  }

  get open(): number {
    return this.#calls.size;
  }

  get arriving(): boolean {
    for (const { arriving } of this.#calls) if (arriving) return true;
    return false;
  }

  add(call: OpenCall): void {
    this.#calls.add(call);
    this.#begun++;
  }

  delete(call: OpenCall): void {
    this.#calls.delete(call);
    if (!call.answered && this.#session.destroyed) this.#cut++;
    if (this.#calls.size === 0) this.#putOffIdle?.();
  }

  beforeAnswer(): Promise<void> | undefined {
    return this.#departure.beforeAnswer();
  }

  /** Asks the client to go, at a moment that suits it or after `within`. Twice is fine. */
  leave(within: Ms): void {
    // A client that has not greeted has begun no call, and hears nothing of us.
    if (this.#greeted) this.#departure.begin(within);
    else this.close();
  }

  /** Takes no more calls: the client sends to another replica what we have not seen. Ends with its last call. */
  close(): void {
    this.#session.close();
  }

  destroy(why: string): void {
    for (const call of this.#calls) call.cutOff(why);
    this.#session.destroy();
  }

  #greet(times: ConnectionTimes): void {
    this.#greeted = true;
    const { maxConnectionAge: age, maxConnectionIdle: idle, keepaliveTime: time } = times;
    // If all were closed at one time, all would come back at one time.
    const jittered = millis(age * (0.9 + 0.2 * Math.random()));
    if (age > 0) this.#timers.after(jittered, () => this.#leaveInGrace('age'));
    if (idle > 0)
      this.#putOffIdle = this.#timers.every(idle, () => this.open === 0 && this.#leaveInGrace('idle time'));
    if (time === 0) return;
    const { keepaliveTimeout: timeout } = times;
    const vanished = () => {
      this.#broken(`the client did not answer a ping within ${timeout} ms`);
      this.destroy('its connection no longer answers');
    };
    keepAlive(this.#session, this.#socket, this.#timers, { time, timeout, vanished });
  }

  #neverGreeted(): void {
    this.#broken(`the client sent no HTTP/2 greeting within ${this.#to.times.handshake} ms`);
    this.#session.destroy();
  }

  #leaveInGrace(because: string): void {
    const { maxConnectionAgeGrace: grace } = this.#to.times;
    this.leave(millis(grace / 4));
    this.#timers.after(grace, () =>
      this.destroy(`the call went on longer than the grace of a connection that has reached its ${because}`),
    );
  }

  #failed(error: Error & { readonly errno?: number; readonly code?: string }): void {
    const isFarewell = PEER_LEFT.has(error.code ?? '') || (error.errno === PROTOCOL_ERROR && this.#begun > 0);
    if (isFarewell && this.#cut === 0) return;
    this.#broken(brokenBy(error, this.#socket instanceof TLSSocket));
  }

  #broken(why: string): void {
    this.#to.broken(why, this.peer.name);
  }
}

function brokenBy(
  error: Error & { readonly errno?: number; readonly code?: string },
  overTls: boolean,
): string {
  const { code = '', message } = error;
  if (PEER_LEFT.has(code)) return `the client left in the middle of a call (${code})`;
  if (error.errno !== BAD_MAGIC)
    return code.startsWith('ERR_HTTP2') ? `${message} (${code})` : code || message;
  return overTls
    ? 'it does not speak HTTP/2 over its TLS, and gRPC does'
    : "it does not speak HTTP/2 in plain text, and this port has no TLS: set tls: {insecure: true} in the collector's exporter, or tls of this receiver";
}

import { constants, performServerHandshake, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { millis, seconds } from '../lib/time-format.ts';
import type { Ms } from '../model/time.ts';
import { announceGoaway } from './goaway.ts';
import { type CallContext, type Calls, type OpenCall, takeCall } from './grpc-call.ts';
import type { HealthService } from './grpc-health.ts';
import type { Sender } from './sender.ts';

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

/** The longest that we wait for the ping that follows the first GOAWAY. */
const ROUND_TRIP_MAX = seconds(1);

/** The time that a client over the limit has to read why. */
const TURNED_AWAY_TIME = seconds(1);

/** Codes for a client that went without a farewell. That is an error only if a call was open. */
const PEER_LEFT = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/** nghttp2's code for a connection that does not begin as HTTP/2 must: HTTP/1, TLS, or something else. */
const BAD_MAGIC = -903;

/** One client's HTTP/2 connection, with its open calls. */
export class GrpcConnection implements Calls {
  readonly peer: Sender;
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #to: ConnectionContext;
  readonly #calls = new Set<OpenCall>();
  /** Calls without an answer that ended together with the connection. */
  #cut = 0;
  #begun = 0;
  #atRest: Promise<void> | undefined;
  #greeted = false;
  #leaving: 'no' | 'soon' | 'told' = 'no';
  #idle: NodeJS.Timeout | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(socket: Socket, peer: Sender, to: ConnectionContext, ended: () => void) {
    this.peer = peer;
    this.#socket = socket;
    this.#to = to;
    const { maxConcurrentStreams } = to;
    const session = performServerHandshake(socket, {
      settings: { initialWindowSize: WINDOW, maxConcurrentStreams },
    });
    this.#session = session;
    session.setLocalWindowSize(WINDOW);
    session.on('stream', (stream, headers) => {
      if (!to.health?.take(stream, headers, this)) takeCall(stream, headers, to, this);
    });
    // An error also closes the session.
    session.on('error', (error) => this.#failed(error));
    session.on('close', () => {
      for (const timer of this.#timers) clearTimeout(timer);
      ended();
    });
    const greeting = this.#after(to.times.handshake, () => this.#neverGreeted());
    session.once('remoteSettings', () => {
      clearTimeout(greeting);
      this.#greet(to.times);
    });
  }

  get calls(): Iterable<OpenCall> {
    return this.#calls;
  }

  add(call: OpenCall): void {
    this.#calls.add(call);
    this.#begun++;
  }

  delete(call: OpenCall): void {
    this.#calls.delete(call);
    if (!call.answered && this.#session.destroyed) this.#cut++;
    if (this.#calls.size === 0) this.#idle?.refresh();
  }

  beforeAnswer(): Promise<void> | undefined {
    return this.#leaving === 'soon' && !this.#arriving() ? this.#leaveAtRest() : undefined;
  }

  /**
   * Asks the client to go, in the two steps of RFC 9113, 6.8: calls that it begins before it has heard of this are served like
   * all that are open. Begins when the connection is at rest, or after `within`. Twice is fine.
   */
  leave(within: Ms): void {
    if (this.#leaving !== 'no' || this.#session.destroyed) return;
    this.#leaving = 'soon';
    this.#after(within, () => this.#announce());
    if (!this.#greeted) this.close();
    else if (this.#calls.size === 0) void this.#leaveAtRest();
  }

  /**
   * At rest means: no message is arriving, and after a round trip none has begun. A call that the client has begun, but whose
   * headers wait behind other data in its socket, would fail when it hears GOAWAY: Node's HTTP/2 refuses it itself. The client
   * hears of it before the answer that waits for this, so before it sends on.
   */
  #leaveAtRest(): Promise<void> {
    this.#atRest ??= this.#roundTrip().then((before) => {
      this.#atRest = undefined;
      if (before === this.#begun && !this.#arriving()) this.#announce();
    });
    return this.#atRest;
  }

  /** Resolves after a ping, or after a while, with the number of calls that had begun before it. */
  #roundTrip(): Promise<number> {
    const begun = this.#begun;
    return new Promise((resolve) => {
      // Headers that came together with the answer to the ping have become calls one turn later.
      const done = () => setImmediate(resolve, begun);
      if (this.#session.destroyed || !this.#session.ping(done)) done();
      else this.#after(ROUND_TRIP_MAX, done);
    });
  }

  #announce(): void {
    if (this.#leaving !== 'soon' || this.#session.destroyed) return;
    this.#leaving = 'told';
    if (!announceGoaway(this.#socket)) this.close();
    else void this.#roundTrip().then(() => this.close());
  }

  #arriving(): boolean {
    for (const { arriving } of this.#calls) if (arriving) return true;
    return false;
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
    const { maxConnectionAge: age, maxConnectionIdle: idle, keepaliveTime } = times;
    this.#greeted = true;
    // If all were closed at one time, all would come back at one time.
    if (age > 0) this.#after(millis(age * (0.9 + 0.2 * Math.random())), () => this.#leaveInGrace('age'));
    if (idle > 0)
      this.#idle = this.#after(idle, () => this.#calls.size === 0 && this.#leaveInGrace('idle time'));
    if (keepaliveTime > 0) this.#keepAlive(times);
  }

  #neverGreeted(): void {
    this.#broken(`the client sent no HTTP/2 greeting within ${this.#to.times.handshake} ms`);
    this.#session.destroy();
  }

  #leaveInGrace(because: string): void {
    const { maxConnectionAgeGrace: grace } = this.#to.times;
    this.leave(millis(grace / 4));
    this.#after(grace, () =>
      this.destroy(`the call went on longer than the grace of a connection that has reached its ${because}`),
    );
  }

  #keepAlive({ keepaliveTime: time, keepaliveTimeout: timeout }: ConnectionTimes): void {
    let seen = 0;
    let asked = false;
    this.#timers.add(
      setInterval(() => {
        const read = this.#socket.bytesRead;
        const quiet = read === seen;
        seen = read;
        if (!quiet || asked || this.#session.destroyed) return;
        asked = true;
        const vanished = this.#after(timeout, () => {
          this.#broken(`the client did not answer a ping within ${timeout} ms`);
          this.destroy('its connection no longer answers');
        });
        this.#session.ping(() => {
          asked = false;
          clearTimeout(vanished);
          this.#timers.delete(vanished);
        });
      }, time).unref(),
    );
  }

  #failed(error: Error & { readonly errno?: number; readonly code?: string }): void {
    if (PEER_LEFT.has(error.code ?? '') && this.#cut === 0) return;
    this.#broken(brokenBy(error, this.#socket instanceof TLSSocket));
  }

  #broken(why: string): void {
    this.#to.broken(why, this.peer.name);
  }

  /** Acts once after `time`, unless the connection has ended by then. */
  #after(time: Ms, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      if (!this.#session.destroyed) act();
    }, time).unref();
    this.#timers.add(timer);
    return timer;
  }
}

/** Says to a client over the limit why it is not served; then closes its connection. `ended` is called in any case. */
export function turnAway(socket: Socket, why: string, ended: () => void): void {
  const session = performServerHandshake(socket);
  const timer = setTimeout(() => session.destroy(), TURNED_AWAY_TIME).unref();
  session.on('error', () => {});
  session.on('close', () => {
    clearTimeout(timer);
    ended();
  });
  session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from(why));
}

function brokenBy(
  error: Error & { readonly errno?: number; readonly code?: string },
  overTls: boolean,
): string {
  if (error.errno !== BAD_MAGIC) return error.code ?? error.message;
  return overTls
    ? 'it does not speak HTTP/2 over its TLS, and gRPC does'
    : "it does not speak HTTP/2 in plain text, and this port has no TLS: set tls: {insecure: true} in the collector's exporter, or tls of this receiver";
}

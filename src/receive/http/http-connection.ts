import type { Socket } from 'node:net';
import type { Ms } from '../../model/time.ts';
import type { DrainedConnection } from '../drain.ts';
import type { Sender } from '../sender.ts';
import type { HttpCall, HttpCalls } from './http-call.ts';

/** How long a connection may do what. */
export interface HttpTimes {
  /** For a new client to send the head of its first request. */
  readonly head: Ms;
  /** From one answer to the head of the next request. */
  readonly idle: Ms;
  /** At this age (up to a tenth more or less) an answer is the connection's last one, so that replicas that start later get connections too. */
  readonly maxConnectionAge: Ms;
}

/** Requests that a client may send without waiting for answers. OTLP clients and API servers always wait. */
const PIPELINED_MAX = 10;

/** One client's HTTP/1.1 connection, with its open requests. */
export class HttpConnection implements HttpCalls, DrainedConnection {
  readonly peer: Sender;
  readonly #socket: Socket;
  readonly #times: HttpTimes;
  readonly #broken: (why: string, peer: string) => void;
  readonly #calls = new Set<HttpCall>();
  #isLeaving = false;
  #waiting: NodeJS.Timeout;

  constructor(
    socket: Socket,
    peer: Sender,
    times: HttpTimes,
    broken: (why: string, peer: string) => void,
    ended: () => void,
  ) {
    this.peer = peer;
    this.#socket = socket;
    this.#times = times;
    this.#broken = broken;
    this.#waiting = setTimeout(() => {
      this.broken(`the client sent no whole head of a request within ${times.head} ms`);
      socket.destroy();
    }, times.head).unref();
    // If all were closed at one time, all would come back at one time.
    const age = setTimeout(() => this.leave(), times.maxConnectionAge * (0.9 + 0.2 * Math.random())).unref();
    socket.once('close', () => {
      clearTimeout(this.#waiting);
      clearTimeout(age);
      ended();
    });
  }

  get calls(): Iterable<HttpCall> {
    return this.#calls;
  }

  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  get isOpen(): boolean {
    return this.#calls.size > 0;
  }

  /** False where the client does not wait for answers; then its connection is destroyed. */
  add(call: HttpCall): boolean {
    clearTimeout(this.#waiting);
    if (this.#calls.size >= PIPELINED_MAX) {
      this.broken(`the client sent more than ${PIPELINED_MAX} requests without waiting for answers`);
      this.destroy('its connection has too many requests at once');
      return false;
    }
    this.#calls.add(call);
    return true;
  }

  delete(call: HttpCall): void {
    this.#calls.delete(call);
    if (this.#calls.size > 0 || this.#socket.destroyed) return;
    if (this.#isLeaving) this.#socket.destroySoon();
    else this.#waiting = setTimeout(() => this.#socket.destroySoon(), this.#times.idle).unref();
  }

  /** The client hears it with its next answer; without a request in progress, by the end of the connection. */
  leave(): void {
    this.#isLeaving = true;
    if (this.#calls.size === 0) this.#socket.destroySoon();
  }

  close(): void {
    this.leave();
  }

  destroy(why: string): void {
    for (const call of this.#calls) call.cutOff(why);
    this.#socket.destroy();
  }

  broken(why: string): void {
    this.#broken(why, this.peer.name);
  }
}

import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { seconds } from '../../lib/time-format.ts';
import type { Ms } from '../../model/time.ts';
import { announceGoaway } from './goaway.ts';
import type { SessionTimers } from './session-timers.ts';

/** The longest that we wait for a ping. */
const ROUND_TRIP_MAX = seconds(1);

/** The calls of the connection that departs. */
interface Traffic {
  /** How many have begun since the connection has. */
  readonly begun: number;
  /** How many have not ended. */
  readonly open: number;
  /** Whether a message is arriving. */
  readonly arriving: boolean;
}

/**
 * How a connection ends without a failed call: in the two steps of RFC 9113, 6.8. Calls that the client begins before it has
 * heard of the first step are served like all that are open.
 *
 * The first step waits until the connection is at rest: no message is arriving, and after a round trip none has begun. A call
 * that the client has begun, but whose headers wait behind other data in its socket, would fail when it hears GOAWAY: Node's
 * HTTP/2 refuses it itself.
 */
export class Departure {
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #timers: SessionTimers;
  readonly #traffic: Traffic;
  #state: 'no' | 'soon' | 'announced' = 'no';
  #atRest: Promise<void> | undefined;

  constructor(session: ServerHttp2Session, socket: Socket, timers: SessionTimers, traffic: Traffic) {
    this.#session = session;
    this.#socket = socket;
    this.#timers = timers;
    this.#traffic = traffic;
  }

  /** Begins at rest, or after `within`. Twice is fine. */
  begin(within: Ms): void {
    if (this.#state !== 'no' || this.#session.destroyed) return;
    this.#state = 'soon';
    this.#timers.after(within, () => this.#announce());
    if (this.#traffic.open === 0) void this.#announceAtRest();
  }

  /** An answer waits for this: a client that hears of the first step before the answer sends on elsewhere. */
  beforeAnswer(): Promise<void> | undefined {
    return this.#state === 'soon' && !this.#traffic.arriving ? this.#announceAtRest() : undefined;
  }

  #announceAtRest(): Promise<void> {
    this.#atRest ??= this.#roundTrip().then((begun) => {
      this.#atRest = undefined;
      if (begun === this.#traffic.begun && !this.#traffic.arriving) this.#announce();
    });
    return this.#atRest;
  }

  /** Resolves after a ping, or after a while, with the number of calls that had begun before it. */
  #roundTrip(): Promise<number> {
    const { begun } = this.#traffic;
    return new Promise((resolve) => {
      const cancel = this.#timers.after(ROUND_TRIP_MAX, () => resolve(begun));
      const done = () => {
        cancel();
        // Headers that came together with the answer to the ping have become calls one turn later.
        setImmediate(resolve, begun);
      };
      if (this.#session.destroyed || !this.#session.ping(done)) done();
    });
  }

  #announce(): void {
    if (this.#state !== 'soon' || this.#session.destroyed) return;
    this.#state = 'announced';
    if (!announceGoaway(this.#socket)) this.#session.close();
    else void this.#roundTrip().then(() => this.#session.close());
  }
}

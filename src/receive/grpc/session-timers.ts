import type { ServerHttp2Session } from 'node:http2';
import type { Ms } from '../../model/time.ts';

/** Timers that end with their session, and keep no process alive. */
export class SessionTimers {
  readonly #session: ServerHttp2Session;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(session: ServerHttp2Session) {
    this.#session = session;
    session.once('close', () => {
      for (const timer of this.#timers) clearTimeout(timer);
    });
  }

  /** Acts once after `time`. The result cancels that. */
  after(time: Ms, act: () => void): () => void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#session.destroyed) act();
    }, time).unref();
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  /** Acts at each `time`. The result puts the next one off to a whole `time` from now. */
  every(time: Ms, act: () => void): () => void {
    const timer = setInterval(() => {
      if (!this.#session.destroyed) act();
    }, time).unref();
    this.#timers.add(timer);
    return () => timer.refresh();
  }
}

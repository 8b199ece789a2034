/**
 * Requests are recorded side by side. A change of rules waits until none is being recorded, and requests that come
 * meanwhile wait for the change: so each request is recorded whole, under one rule set.
 */
export class ChangeGate {
  #recording = 0;
  /** Called when no request is being recorded. */
  readonly #waiting: (() => void)[] = [];
  /** Settles when the last change that was asked for has ended, however it ends. */
  #change: Promise<void> | undefined;

  async record<T>(work: () => Promise<T>): Promise<T> {
    while (this.#change !== undefined) await this.#change;
    this.#recording++;
    try {
      return await work();
    } finally {
      this.#recording--;
      if (this.#recording === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  /** Changes are made one after the other. One that throws fails only for its own caller. */
  async change<T>(work: () => T): Promise<T> {
    const before = this.#change;
    const change = (async () => {
      await before;
      if (this.#recording > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
      return work();
    })();
    const ended = change.then(
      () => {},
      () => {},
    );
    this.#change = ended;
    try {
      return await change;
    } finally {
      if (this.#change === ended) this.#change = undefined;
    }
  }
}

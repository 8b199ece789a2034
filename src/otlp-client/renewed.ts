/**
 * Something that is made from keys, and made again when they are others than before or after `drop`. The former one is closed
 * as soon as nobody uses it.
 */
export class Renewed<Keys, T> {
  readonly #keys: () => Keys;
  readonly #make: (keys: Keys) => T;
  readonly #close: (made: T) => void;
  #now: { readonly keys: Keys; readonly made: T; users: number } | undefined;

  /** `make` is called at once, so that keys which cannot be used throw here. */
  constructor(keys: () => Keys, make: (keys: Keys) => T, close: (made: T) => void) {
    this.#keys = keys;
    this.#make = make;
    this.#close = close;
    this.#current();
  }

  async use<A>(work: (made: T) => Promise<A>): Promise<A> {
    const mine = this.#current();
    mine.users++;
    try {
      return await work(mine.made);
    } finally {
      mine.users--;
      if (mine.users === 0 && mine !== this.#now) this.#close(mine.made);
    }
  }

  /** The next use is of a new one. */
  drop(): void {
    const last = this.#now;
    this.#now = undefined;
    if (last?.users === 0) this.#close(last.made);
  }

  #current() {
    const keys = this.#keys();
    if (this.#now && this.#now.keys !== keys) this.drop();
    this.#now ??= { keys, made: this.#make(keys), users: 0 };
    return this.#now;
  }
}

/** Up to this a buffer is made as it is needed; above it, buffers are worth keeping. */
const SMALL = 64 * 1024;
/** The least that a message takes which claims as much: about what its stream costs us anyway. */
const FIRST = 4 * 1024;
/** The largest buffer that is kept. */
const LARGE = 4 * 2 ** 20;
/** What idle buffers may take together; one more goes to the garbage collector. */
const IDLE = 16 * 2 ** 20;

/**
 * The memory of all messages under way, within one budget, whatever their connection. Buffers are used again: fresh ones
 * of a megabyte cost more in garbage collection than everything else in receiving (bench: grpc.bench.ts).
 */
export class HeldBytes {
  readonly #budget: number;
  #held = 0;
  #idle: Buffer[] = [];
  #idleBytes = 0;

  constructor(budget: number) {
    this.#budget = budget;
  }

  /** The bytes that are held now: buffers at their full size. */
  get held(): number {
    return this.#held;
  }

  /** Counts bytes that were made elsewhere. False, and not counted, where the budget has no room for them. */
  add(bytes: number): boolean {
    if (this.#held + bytes > this.#budget) return false;
    this.#held += bytes;
    return true;
  }

  subtract(bytes: number): void {
    this.#held -= bytes;
  }

  /**
   * A buffer of at least `least` bytes, for a message that claims `claimed`: an idle one that fits the claim whole, else
   * a new one that trusts the claim no further than what has come. undefined where the budget has no room.
   */
  take(least: number, claimed: number): Buffer | undefined {
    const fitting = claimed > SMALL ? this.#fitting(claimed) : -1;
    const idle = this.#idle[fitting];
    if (idle) {
      if (!this.add(idle.length)) return undefined;
      this.#idle.splice(fitting, 1);
      this.#idleBytes -= idle.length;
      return idle;
    }
    const size = sizeFor(least, claimed);
    return this.add(size) ? Buffer.allocUnsafe(size) : undefined;
  }

  /** Nothing may read or write the buffer afterwards: it will be another message's. */
  give(buffer: Buffer): void {
    this.#held -= buffer.length;
    if (buffer.length <= SMALL || buffer.length > LARGE || this.#idleBytes + buffer.length > IDLE) return;
    this.#idle.push(buffer);
    this.#idleBytes += buffer.length;
  }

  /** The place of the smallest idle buffer for so many bytes, or -1. */
  #fitting(bytes: number): number {
    let best = -1;
    for (const [i, { length }] of this.#idle.entries())
      if (length >= bytes && (best < 0 || length < this.#idle[best]!.length)) best = i;
    return best;
  }
}

/** Powers of two, so that messages of about one size can use each other's; a large or small one gets no more than it claims. */
function sizeFor(least: number, claimed: number): number {
  const power = 2 ** Math.ceil(Math.log2(Math.max(least, FIRST)));
  return claimed <= SMALL || power > LARGE ? Math.min(power, claimed) : power;
}

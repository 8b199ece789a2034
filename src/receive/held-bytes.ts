/** A buffer of up to this size is allocated when it is needed; larger ones are worth keeping. */
const SMALL = 64 * 1024;
/** The first buffer of a message that claims at least as much: about what its stream costs us anyway. */
const FIRST = 4 * 1024;
/** The largest buffer that is kept. */
const LARGE = 4 * 2 ** 20;
/** The most that idle buffers may take together. Further ones are left to the garbage collector. */
const IDLE_MAX = 16 * 2 ** 20;

/** Memory for messages in progress. See HeldBytes. */
export interface MessageMemory {
  add(bytes: number): boolean;
  subtract(bytes: number): void;
  take(least: number, claimed: number): Buffer | undefined;
  give(buffer: Buffer): void;
}

/**
 * The memory of all messages in progress, within one budget for all connections. Buffers are reused: new ones of a megabyte
 * cost more in garbage collection than everything else in receiving (bench: grpc.bench.ts).
 */
export class HeldBytes implements MessageMemory {
  readonly #budget: number;
  #held = 0;
  #idle: Buffer[] = [];
  #idleBytes = 0;

  constructor(budget: number) {
    this.#budget = budget;
  }

  /** The bytes that are held now, with buffers at their full size. */
  get held(): number {
    return this.#held;
  }

  /** Counts bytes that were allocated elsewhere. False where the budget has no room for them: then they are not counted. */
  add(bytes: number): boolean {
    if (this.#held + bytes > this.#budget) return false;
    this.#held += bytes;
    return true;
  }

  subtract(bytes: number): void {
    this.#held -= bytes;
  }

  /**
   * A buffer of at least `least` bytes for a message that claims to have `claimed`: an idle one with room for the whole
   * claim, else a new one for little more than has arrived, as a claim may be false. undefined where the budget has no room.
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

  /** Nothing may read or write the buffer afterwards: another message will use it. */
  give(buffer: Buffer): void {
    this.#held -= buffer.length;
    if (buffer.length <= SMALL || buffer.length > LARGE || this.#idleBytes + buffer.length > IDLE_MAX) return;
    this.#idle.push(buffer);
    this.#idleBytes += buffer.length;
  }

  /** The index of the smallest idle buffer with room for so many bytes, or -1. */
  #fitting(bytes: number): number {
    let best = -1;
    for (const [i, { length }] of this.#idle.entries())
      if (length >= bytes && (best < 0 || length < this.#idle[best]!.length)) best = i;
    return best;
  }
}

/** A power of two, so that messages of similar size can reuse each other's buffers. Large and small ones get no more than they claim. */
function sizeFor(least: number, claimed: number): number {
  const power = 2 ** Math.ceil(Math.log2(Math.max(least, FIRST)));
  return claimed <= SMALL || power > LARGE ? Math.min(power, claimed) : power;
}

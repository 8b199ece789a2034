import type { MessageMemory } from './held-bytes.ts';

/** Bytes that arrive in pieces, in one buffer that grows with what has arrived: a claim of their length may be false. */
export class GatheredBytes {
  readonly #held: MessageMemory;
  #buffer: Buffer | undefined;
  #at = 0;

  constructor(held: MessageMemory) {
    this.#held = held;
  }

  get length(): number {
    return this.#at;
  }

  /** Valid until release(). */
  get bytes(): Buffer {
    return this.#buffer?.subarray(0, this.#at) ?? Buffer.alloc(0);
  }

  /** Copies the piece from its byte `from` on. `claimed`: the length of the whole. False where there is no room for it. */
  push(piece: Buffer, from: number, claimed: number): boolean {
    const bytes = this.#at + piece.length - from;
    if (!this.#makeRoom(bytes, claimed)) return false;
    piece.copy(this.#buffer!, this.#at, from);
    this.#at = bytes;
    return true;
  }

  /** Twice is fine. */
  release(): void {
    if (this.#buffer) this.#held.give(this.#buffer);
    this.#buffer = undefined;
    this.#at = 0;
  }

  #makeRoom(bytes: number, claimed: number): boolean {
    const old = this.#buffer;
    if (old && old.length >= bytes) return true;
    const larger = this.#held.take(bytes, Math.max(bytes, claimed));
    if (!larger) return false;
    if (old) {
      old.copy(larger, 0, 0, this.#at);
      this.#held.give(old);
    }
    this.#buffer = larger;
    return true;
  }
}

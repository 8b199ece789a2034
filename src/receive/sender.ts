import type { HeldBytes, MessageMemory } from './held-bytes.ts';

/** Whoever shares a limit: the cluster that a token is bound to, else a peer. */
export interface Sender {
  /** For people: an address, or the path of a unix socket. */
  readonly name: string;
  readonly held: SenderBytes;
}

/** A sender's part of the memory of all requests in progress. */
export class SenderBytes implements MessageMemory {
  readonly #all: HeldBytes;
  readonly #most: number;
  #held = 0;
  #refusedBy: 'sender' | 'all' = 'all';

  constructor(all: HeldBytes, most: number) {
    this.#all = all;
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** Which limit the last refusal was about. */
  get refusedBy(): 'sender' | 'all' {
    return this.#refusedBy;
  }

  add(bytes: number): boolean {
    if (!this.#fits(bytes) || !this.#all.add(bytes)) return false;
    this.#held += bytes;
    return true;
  }

  subtract(bytes: number): void {
    this.#held -= bytes;
    this.#all.subtract(bytes);
  }

  take(least: number, claimed: number): Buffer | undefined {
    if (!this.#fits(least)) return undefined;
    const buffer = this.#all.take(least, claimed);
    if (!buffer) return undefined;
    if (!this.#fits(buffer.length)) {
      this.#all.give(buffer);
      return undefined;
    }
    this.#held += buffer.length;
    return buffer;
  }

  give(buffer: Buffer): void {
    this.#held -= buffer.length;
    this.#all.give(buffer);
  }

  #fits(bytes: number): boolean {
    const fits = this.#held + bytes <= this.#most;
    this.#refusedBy = fits ? 'all' : 'sender';
    return fits;
  }
}

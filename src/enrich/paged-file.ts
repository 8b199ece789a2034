import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const PAGE_BITS = 9;
/** Bytes of one page. Small ones hold more of a search tree's upper levels in the same memory; bench geo compares sizes. */
export const PAGE_BYTES = 2 ** PAGE_BITS;
/** Pages in memory (2 MiB a file). Each has two slots to stand in, and of those two the longer unused gives way. */
export const PAGES_MAX = 4096;
const SETS_MASK = PAGES_MAX / 2 - 1;
/** A page number is then below 2^31 / PAGE_BYTES, and an offset a plain integer. */
const FILE_MAX = 2 ** 31 - 1;

/**
 * A file read page by page as it is asked for: the one that the path named at opening, even where another is renamed over
 * it. Reads throw beyond its end, and once it is closed.
 */
export class PagedFile {
  readonly size: number;
  readonly #mtimeMs: number;
  readonly #onChange: () => void;
  #fd: number | undefined;
  #unverified = false;
  readonly #pages = Buffer.allocUnsafeSlow(PAGES_MAX * PAGE_BYTES);
  /** Which page each slot holds, -1 for none; slots 2n and 2n + 1 are for the pages that are n modulo half of PAGES_MAX. */
  readonly #held = new Int32Array(PAGES_MAX).fill(-1);
  /** Which of the two slots was used longer ago: 0 or 1. */
  readonly #older = new Uint8Array(PAGES_MAX / 2);

  /** `onChange`: called once, if `verify` finds that the file was written to. Throws the system's error. */
  constructor(path: string, onChange: () => void) {
    this.#fd = openSync(path, 'r');
    const { size, mtimeMs } = fstatSync(this.#fd);
    this.size = size;
    this.#mtimeMs = mtimeMs;
    this.#onChange = onChange;
    if (size > FILE_MAX) {
      this.close();
      throw new Error('it is larger than 2 GiB');
    }
  }

  byte(at: number): number {
    this.#check(at, 1);
    return this.#pages[this.#index(at)]!;
  }

  /** A big-endian unsigned number of 0 to 4 bytes. */
  uint(at: number, length: number): number {
    this.#check(at, length);
    let value = 0;
    if (crosses(at, length)) {
      for (let i = 0; i < length; i++) value = value * 256 + this.#pages[this.#index(at + i)]!;
      return value;
    }
    const index = length > 0 ? this.#index(at) : 0;
    for (let i = 0; i < length; i++) value = value * 256 + this.#pages[index + i]!;
    return value;
  }

  /** UTF-8. */
  text(at: number, length: number): string {
    if (length === 0) return '';
    if (crosses(at, length)) return this.bytes(at, length).toString();
    this.#check(at, length);
    const index = this.#index(at);
    return this.#pages.toString('utf8', index, index + length);
  }

  /** A copy. */
  bytes(at: number, length: number): Buffer {
    this.#check(at, length);
    const copy = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const index = this.#index(at + done);
      const rest = PAGE_BYTES - (index % PAGE_BYTES);
      done += this.#pages.copy(copy, done, index, index + Math.min(rest, length - done));
    }
    return copy;
  }

  /**
   * To be called after a group of reads, before they are believed: throws and closes where the file is no longer what it
   * was at opening, since half an old and half a new file give answers that look right.
   */
  verify(): void {
    if (!this.#unverified || this.#fd === undefined) return;
    const { size, mtimeMs } = fstatSync(this.#fd);
    this.#unverified = false;
    if (size === this.size && mtimeMs === this.#mtimeMs) return;
    this.close();
    this.#onChange();
    throw new Error('the file was changed in place');
  }

  /** Twice is fine. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#held.fill(-1);
  }

  #check(at: number, length: number): void {
    if (!(at >= 0 && at + length <= this.size)) throw new Error('an offset lies beyond the file');
  }

  /** Where in #pages a byte stands, its page having been read. */
  #index(at: number): number {
    const page = at >> PAGE_BITS;
    const set = page & SETS_MASK;
    let slot = set * 2;
    if (this.#held[slot] === page) this.#older[set] = 1;
    else if (this.#held[slot + 1] === page) {
      this.#older[set] = 0;
      slot++;
    } else {
      slot += this.#older[set]!;
      this.#read(page, slot);
      this.#older[set]! ^= 1;
    }
    return (slot << PAGE_BITS) | (at & (PAGE_BYTES - 1));
  }

  #read(page: number, slot: number): void {
    // A closed file's number may be another file's by now.
    if (this.#fd === undefined) throw new Error('the file is closed');
    const start = page * PAGE_BYTES;
    const length = Math.min(PAGE_BYTES, this.size - start);
    this.#held[slot] = -1;
    this.#unverified = true;
    if (readSync(this.#fd, this.#pages, slot * PAGE_BYTES, length, start) < length)
      throw new Error('the file ends early');
    this.#held[slot] = page;
  }
}

const crosses = (at: number, length: number): boolean => (at & (PAGE_BYTES - 1)) + length > PAGE_BYTES;

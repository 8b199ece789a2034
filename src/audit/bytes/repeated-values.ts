import type { ValueMemo } from '../../model/event.ts';

/** Values of a field that are remembered. When there is no room for another one, all are forgotten. */
const VALUES_MAX = 2048;
/** The bytes of a field's remembered values together. */
const BYTES_MAX = 256 * 1024;
/** A longer value is not remembered. */
const VALUE_BYTES_MAX = 512;
/** The slots that are looked at for a value: a sender cannot make many values with one hash cost more than this. */
const PROBES_MAX = 8;

const SLOTS = VALUES_MAX * 4;
const MASK = SLOTS - 1;

/** The memos of one field's values, found by the bytes of a value. */
export class RepeatedValues {
  /** The number of the value + 1; 0 is free. */
  readonly #slots = new Uint16Array(SLOTS);
  readonly #hashes = new Int32Array(VALUES_MAX);
  readonly #starts = new Int32Array(VALUES_MAX);
  readonly #sizes = new Int32Array(VALUES_MAX);
  readonly #kinds = new Uint8Array(VALUES_MAX);
  readonly #memos: ValueMemo[] = [];
  readonly #bytes = new Uint8Array(BYTES_MAX);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #seed = (Math.random() * 2 ** 32) | 0;
  #used = 0;

  /** The memo of [start, end) as a token of this kind; undefined for a value that is not remembered. `view` is that of `u8`. */
  of(u8: Uint8Array, view: DataView, kind: number, start: number, end: number): ValueMemo | undefined {
    const size = end - start;
    if (size > VALUE_BYTES_MAX) return undefined;
    const hash = hashOf(u8, view, start, end, this.#seed ^ kind);
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const slot = (hash + probe) & MASK;
      const entry = this.#slots[slot]!;
      if (entry === 0) return this.#add(slot, hash, u8, kind, start, end);
      const i = entry - 1;
      if (
        this.#hashes[i] === hash &&
        this.#sizes[i] === size &&
        this.#kinds[i] === kind &&
        this.#same(this.#starts[i]!, u8, view, start, end)
      )
        return this.#memos[i];
    }
    return undefined;
  }

  #same(at: number, u8: Uint8Array, view: DataView, start: number, end: number): boolean {
    let i = start;
    let j = at;
    for (; i + 4 <= end; i += 4, j += 4)
      if (view.getInt32(i, true) !== this.#view.getInt32(j, true)) return false;
    for (; i < end; i++, j++) if (u8[i] !== this.#bytes[j]) return false;
    return true;
  }

  #add(
    slot: number,
    hash: number,
    u8: Uint8Array,
    kind: number,
    start: number,
    end: number,
  ): ValueMemo | undefined {
    const size = end - start;
    if (this.#memos.length === VALUES_MAX || this.#used + size > BYTES_MAX) {
      this.#slots.fill(0);
      this.#memos.length = 0;
      this.#used = 0;
    }
    const i = this.#memos.length;
    const memo: ValueMemo = { asked: 0, answers: undefined, row: undefined };
    this.#memos.push(memo);
    this.#hashes[i] = hash;
    this.#sizes[i] = size;
    this.#kinds[i] = kind;
    this.#starts[i] = this.#used;
    this.#bytes.set(u8.subarray(start, end), this.#used);
    this.#used += size;
    this.#slots[slot] = i + 1;
    return memo;
  }
}

function hashOf(u8: Uint8Array, view: DataView, start: number, end: number, seed: number): number {
  let hash = seed ^ (end - start);
  let i = start;
  for (; i + 4 <= end; i += 4) {
    hash = Math.imul(hash ^ view.getInt32(i, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; i < end; i++) hash = Math.imul(hash ^ u8[i]!, 0x9e3779b1);
  hash ^= hash >>> 16;
  return hash;
}

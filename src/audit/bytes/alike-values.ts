import type { ValueMemo } from '../../model/event.ts';

/** Memos that are kept. When there is no room for another one, all are forgotten. */
const MEMOS_MAX = 4096;
/** The bytes of all remembered values together. */
const BYTES_MAX = 1024 * 1024;
/** Values of more bytes together are not remembered. */
const VALUE_BYTES_MAX = 2048;
/** The slots that are looked at: a sender cannot make many values with one hash cost more than this. */
const PROBES_MAX = 8;

const SLOTS = MEMOS_MAX * 4;
const MASK = SLOTS - 1;

/** Room for the kind in a shape; the rest is the size. */
const KIND_BITS = 4;

/**
 * Memos of events that are alike in a set of fields, found by the bytes of their values. For each event: `begin`, `add` for each
 * field, `memo`.
 */
export class AlikeValues {
  readonly #fields: number;
  /** The number of the memo + 1; 0 is free. */
  readonly #slots = new Uint16Array(SLOTS);
  readonly #hashes = new Int32Array(MEMOS_MAX);
  /** By memo and field: the size of the value, and its kind. */
  readonly #shapes: Int32Array;
  /** By memo: where its values begin. */
  readonly #starts = new Int32Array(MEMOS_MAX);
  readonly #memos: ValueMemo[] = [];
  readonly #bytes = new Uint8Array(BYTES_MAX);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #seed = (Math.random() * 2 ** 32) | 0;
  #used = 0;
  // The event that is looked up.
  readonly #shape: Int32Array;
  readonly #from: Int32Array;
  #added = 0;
  #size = 0;
  #hash = 0;

  constructor(fields: number) {
    this.#fields = fields;
    this.#shapes = new Int32Array(MEMOS_MAX * fields);
    this.#shape = new Int32Array(fields);
    this.#from = new Int32Array(fields);
  }

  begin(): void {
    this.#added = 0;
    this.#size = 0;
    this.#hash = this.#seed;
  }

  /** The next field's value: the token [start, end) of this kind. `view` is that of `u8`. */
  add(view: DataView, kind: number, start: number, end: number): void {
    const shape = ((end - start) << KIND_BITS) | kind;
    this.#shape[this.#added] = shape;
    this.#from[this.#added++] = start;
    this.#size += end - start;
    this.#hash = hashOf(view, start, end, this.#hash ^ shape);
  }

  /** undefined for values that are not remembered. */
  memo(u8: Uint8Array, view: DataView): ValueMemo | undefined {
    if (this.#size > VALUE_BYTES_MAX) return undefined;
    const hash = this.#hash ^ (this.#hash >>> 16);
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const slot = (hash + probe) & MASK;
      const entry = this.#slots[slot]!;
      if (entry === 0) return this.#remember(slot, hash, u8);
      if (this.#hashes[entry - 1] === hash && this.#same(entry - 1, view)) return this.#memos[entry - 1];
    }
    return undefined;
  }

  #same(memo: number, view: DataView): boolean {
    const shapes = memo * this.#fields;
    let at = this.#starts[memo]!;
    for (let f = 0; f < this.#fields; f++) {
      const shape = this.#shape[f]!;
      if (this.#shapes[shapes + f] !== shape) return false;
      const size = shape >>> KIND_BITS;
      if (!sameBytes(view, this.#from[f]!, this.#view, at, size)) return false;
      at += size;
    }
    return true;
  }

  #remember(slot: number, hash: number, u8: Uint8Array): ValueMemo {
    let free = slot;
    if (this.#memos.length === MEMOS_MAX || this.#used + this.#size > BYTES_MAX) {
      this.#slots.fill(0);
      this.#memos.length = 0;
      this.#used = 0;
      free = hash & MASK;
    }
    const made = this.#memos.length;
    const memo: ValueMemo = { asked: 0, generation: 0, answers: undefined, row: undefined, shown: undefined };
    this.#memos.push(memo);
    this.#hashes[made] = hash;
    this.#starts[made] = this.#used;
    this.#shapes.set(this.#shape, made * this.#fields);
    for (let f = 0; f < this.#fields; f++) {
      const from = this.#from[f]!;
      const size = this.#shape[f]! >>> KIND_BITS;
      this.#bytes.set(u8.subarray(from, from + size), this.#used);
      this.#used += size;
    }
    this.#slots[free] = made + 1;
    return memo;
  }
}

function sameBytes(one: DataView, from: number, other: DataView, at: number, size: number): boolean {
  const whole = size & ~3;
  for (let i = 0; i < whole; i += 4)
    if (one.getInt32(from + i, true) !== other.getInt32(at + i, true)) return false;
  for (let i = whole; i < size; i++) if (one.getUint8(from + i) !== other.getUint8(at + i)) return false;
  return true;
}

function hashOf(view: DataView, start: number, end: number, seed: number): number {
  let hash = Math.imul(seed, 0x85ebca6b);
  let i = start;
  for (; i + 4 <= end; i += 4) {
    hash = Math.imul(hash ^ view.getInt32(i, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; i < end; i++) hash = Math.imul(hash ^ view.getUint8(i), 0x9e3779b1);
  return hash ^ (hash >>> 16);
}

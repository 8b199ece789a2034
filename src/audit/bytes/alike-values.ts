import type { ValueMemo } from '../../model/event.ts';

/** Memos that are kept. When there is no room for another one, all are forgotten. */
const MEMOS_MAX = 4096;
/** Words of four bytes of all remembered values together: 1 MiB. */
const WORDS_MAX = 256 * 1024;
/** Values of more words together are not remembered: 2 KiB. */
const VALUE_WORDS_MAX = 512;
/** The slots that are looked at: a sender cannot make many values with one hash cost more than this. */
const PROBES_MAX = 8;

const SLOTS = MEMOS_MAX * 4;
const MASK = SLOTS - 1;

/** Room for the kind in a shape; the rest is the size. */
const KIND_BITS = 4;

/** Before the words of a remembered event: its hash, and the number of its memo. */
const HEAD = 2;

/**
 * Memos of events that are alike in a set of fields, found by the bytes of their values. For each event: `begin`, `add` for each
 * field, `memo`. Values are compared as words: of each field its shape, which tells its size, and then its bytes.
 */
export class AlikeValues {
  /** Where the words of a remembered event begin + 1; 0 is free. */
  readonly #slots = new Int32Array(SLOTS);
  readonly #remembered = new Int32Array(WORDS_MAX);
  readonly #memos: ValueMemo[] = [];
  readonly #seed = (Math.random() * 2 ** 32) | 0;
  #used = 0;
  // The event that is looked up.
  readonly #words = new Int32Array(VALUE_WORDS_MAX);
  /** More than VALUE_WORDS_MAX for one whose values are not remembered. */
  #size = 0;
  #hash = 0;

  begin(): void {
    this.#size = 0;
    this.#hash = this.#seed;
  }

  /** The next field's value: the token [start, end) of this kind. */
  add(view: DataView, kind: number, start: number, end: number): void {
    const words = this.#words;
    const bytes = end - start;
    let size = this.#size;
    if (size + (bytes >> 2) + 2 > words.length) {
      this.#size = VALUE_WORDS_MAX + 1;
      return;
    }
    const shape = (bytes << KIND_BITS) | kind;
    let hash = mixed(this.#hash, shape);
    words[size++] = shape;
    // The last word of four bytes may overlap the one before: what is left is never read byte by byte.
    const last = end - 4;
    for (let i = start; i < last; i += 4) {
      const word = view.getInt32(i, true);
      words[size++] = word;
      hash = mixed(hash, word);
    }
    const word = bytes < 4 ? shortText(view, start, bytes) : view.getInt32(last, true);
    words[size++] = word;
    this.#hash = mixed(hash, word);
    this.#size = size;
  }

  /** undefined for values that are not remembered. */
  memo(): ValueMemo | undefined {
    if (this.#size > VALUE_WORDS_MAX) return undefined;
    const hash = this.#hash ^ (this.#hash >>> 16);
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const slot = (hash + probe) & MASK;
      const at = this.#slots[slot]! - 1;
      if (at < 0) return this.#remember(slot, hash);
      if (this.#remembered[at] === hash && this.#same(at + HEAD))
        return this.#memos[this.#remembered[at + 1]!];
    }
    return undefined;
  }

  #same(from: number): boolean {
    const words = this.#words;
    const remembered = this.#remembered;
    const size = this.#size;
    for (let i = 0; i < size; i++) if (words[i] !== remembered[from + i]) return false;
    return true;
  }

  #remember(slot: number, hash: number): ValueMemo {
    let free = slot;
    if (this.#memos.length === MEMOS_MAX || this.#used + HEAD + this.#size > WORDS_MAX) {
      this.#slots.fill(0);
      this.#memos.length = 0;
      this.#used = 0;
      free = hash & MASK;
    }
    const memo: ValueMemo = { asked: 0, generation: 0, answers: undefined, row: undefined, shown: undefined };
    this.#slots[free] = this.#used + 1;
    this.#remembered[this.#used] = hash;
    this.#remembered[this.#used + 1] = this.#memos.push(memo) - 1;
    this.#remembered.set(this.#words.subarray(0, this.#size), this.#used + HEAD);
    this.#used += HEAD + this.#size;
    return memo;
  }
}

function mixed(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
}

/** Up to three bytes as a number. */
function shortText(view: DataView, start: number, size: number): number {
  if (size === 0) return 0;
  const [first, middle, last] = [start, start + (size >> 1), start + size - 1];
  return view.getUint8(first) | (view.getUint8(middle) << 8) | (view.getUint8(last) << 16);
}

import { ENTRIES_AT_ONCE, ENTRIES_MAX } from '../document/charge.ts';
import { KIND, REASONS } from './token-kinds.ts';
import { DOTTED, findSlot, IGNORED, type Trie } from './trie.ts';

/** Objects and arrays within each other. The plain reader must read deeper events. */
const DEPTH_MAX = 256;

// Copies of imported constants: an imported binding is looked up each time, a constant of this module is not (bench read).
const NO_NODE = IGNORED;
const DOTTED_NODE = DOTTED;
const {
  null: KIND_NULL,
  true: KIND_TRUE,
  false: KIND_FALSE,
  ascii: KIND_ASCII,
  utf8: KIND_UTF8,
  escaped: KIND_ESCAPED,
  integer: KIND_INTEGER,
  number: KIND_NUMBER,
  array: KIND_ARRAY,
  object: KIND_OBJECT,
} = KIND;
const {
  invalid: INVALID,
  too_deep: TOO_DEEP,
  dotted_key: DOTTED_KEY,
  escaped_key: ESCAPED_KEY,
  too_many: TOO_MANY,
} = REASONS;
const MOST = ENTRIES_MAX;
const AT_ONCE = ENTRIES_AT_ONCE;

/** In place of a REASONS code: there are more values to read; `scan` goes on where it stopped. */
export const PAUSED = -4;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const TRUE = 0x65757274; // "true", little-endian
const NULL = 0x6c6c756e;
const ALSE = 0x65736c61; // the end of "false"

/**
 * One pass over the JSON text of an audit event: it checks the text as JSON.parse would, and notes for each node of the trie
 * which value is there. There is one scanner for each plan. Its arrays are reused: a node has a value in this event if it
 * was `seen` in this `turn`.
 */
export class Scanner {
  readonly #trie: Trie;
  /** By node: the turn in which it was last filled, the kind of its value, and the value's bytes. */
  readonly seen: Int32Array;
  readonly kind: Uint8Array;
  readonly start: Int32Array;
  readonly end: Int32Array;
  turn = 0;
  /** The values of the event that have been read. */
  entries = 0;
  /** Where a scan is to go on, with what it knew there; -1 where none is paused. */
  #pausedAt = -1;
  #depth = 0;
  #node = 0;
  #inArray = false;
  #last = 0;
  #expected = 0;
  /** The last turn in which a node with children, or the request's body, held an array: a path may lead through its members. */
  arrayInside = 0;

  readonly #stack = new Int32Array(DEPTH_MAX);
  /** By depth: the slot of the last key in the outer object, and the slot expected next there. */
  readonly #before = new Int32Array(DEPTH_MAX);
  readonly #guess = new Int32Array(DEPTH_MAX);

  constructor(trie: Trie) {
    this.#trie = trie;
    this.seen = new Int32Array(trie.nodes);
    this.kind = new Uint8Array(trie.nodes);
    this.start = new Int32Array(trie.nodes);
    this.end = new Int32Array(trie.nodes);
  }

  /** Begins the next event. Turns repeat after 2^32 events; marks from the last round must not count then. */
  begin(): number {
    this.turn = (this.turn + 1) | 0;
    if (this.turn === 0) {
      this.seen.fill(0);
      this.arrayInside = 0;
      this.turn = 1;
    }
    return this.turn;
  }

  /** Notes a value. Where a key occurs twice the last one wins, and nothing of the first is kept. */
  put(node: number, kind: number, start: number, end: number): void {
    if (this.seen[node] === this.turn) this.#forget(node);
    this.seen[node] = this.turn;
    this.kind[node] = kind;
    this.start[node] = start;
    this.end[node] = end;
  }

  #forget(node: number): void {
    const after = this.#trie.after[node]!;
    for (let i = node; i < after; i++) this.seen[i] = 0;
  }

  /**
   * Reads [from, end) of `u8`, which is one JSON object with white space around it; `view` is over the same bytes. Returns 0,
   * or a REASONS code; then the notes are void. After ENTRIES_AT_ONCE values it returns PAUSED: called again, with the same
   * arguments, it goes on. It is one long function on purpose: in parts it is half as fast (bench read).
   * What makes it fast:
   * - `,"key":` is compared as a whole with the key that came next in the last object at the same node;
   * - strings are skipped eight bytes at a time: in a word, the lowest byte whose top bit is set in `special` is the first
   *   one that is a quote, a backslash or a control character.
   */
  scan(u8: Uint8Array, view: DataView, from: number, end: number): number {
    const trie = this.#trie;
    const { firstGuess: first, target, nextGuess: next, codeAt: slotAt, code } = trie;
    const { seen, kind, start, end: ends } = this;
    const stack = this.#stack;
    const befores = this.#before;
    const guesses = this.#guess;
    let pos = from;
    let depth = -1;
    let node = 0;
    let inArray = false;
    let before = -1;
    let guess = -1;
    let entries = 0;
    if (this.#pausedAt < 0) this.begin();
    else {
      pos = this.#pausedAt;
      depth = this.#depth;
      node = this.#node;
      inArray = this.#inArray;
      before = this.#last;
      guess = this.#expected;
      entries = this.entries;
      this.#pausedAt = -1;
    }
    const turn = this.turn;
    const stop = entries + AT_ONCE;

    value: for (;;) {
      if (++entries > stop) {
        if (entries > MOST) return TOO_MANY;
        this.#pausedAt = pos;
        this.#depth = depth;
        this.#node = node;
        this.#inArray = inArray;
        this.#last = before;
        this.#expected = guess;
        this.entries = entries - 1;
        return PAUSED;
      }
      // A value for `node` begins at pos, perhaps after white space.
      let c = pos < end ? u8[pos]! : 0;
      if (c <= 0x20)
        while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = ++pos < end ? u8[pos]! : 0;
      let opened = false;
      if (c === QUOTE) {
        const text = ++pos;
        let high = 0;
        let escaped = false;
        for (;;) {
          if (pos + 8 <= end) {
            const x = view.getInt32(pos, true);
            const a = x ^ 0x02020202;
            const slashes = a ^ 0x5e5e5e5e;
            let special = (((a - 0x21212121) & ~a) | ((slashes - 0x01010101) & ~slashes)) & 0x80808080;
            if (special === 0) {
              high |= x;
              pos += 4;
              const y = view.getInt32(pos, true);
              const b = y ^ 0x02020202;
              const more = b ^ 0x5e5e5e5e;
              special = (((b - 0x21212121) & ~b) | ((more - 0x01010101) & ~more)) & 0x80808080;
              if (special === 0) {
                high |= y;
                pos += 4;
                continue;
              }
            }
            const bits = 31 - Math.clz32(special & -special) - 7;
            if (bits > 0) high |= view.getInt32(pos, true) << (32 - bits);
            pos += bits >> 3;
          }
          if (pos >= end) return INVALID;
          c = u8[pos]!;
          if (c === QUOTE) break;
          if (c < 0x20) return INVALID;
          if (c !== BACKSLASH) {
            high |= c;
            pos++;
            continue;
          }
          escaped = true;
          const size = escapeSize(u8, pos, end);
          if (size === 0) return INVALID;
          pos += size;
        }
        if (node >= 0) {
          if (seen[node] === turn) this.#forget(node);
          seen[node] = turn;
          kind[node] = escaped ? KIND_ESCAPED : (high & 0x80808080) === 0 ? KIND_ASCII : KIND_UTF8;
          start[node] = text;
          ends[node] = pos;
        }
        pos++;
      } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
        if (++depth === DEPTH_MAX) return TOO_DEEP;
        if (node >= 0) {
          if (seen[node] === turn) this.#forget(node);
          seen[node] = turn;
          kind[node] = c === OPEN_OBJECT ? KIND_OBJECT : KIND_ARRAY;
          start[node] = pos;
        }
        befores[depth] = before;
        guesses[depth] = guess;
        if (c === OPEN_ARRAY) {
          if (node >= 0 && first[node]! >= 0) this.arrayInside = turn;
          stack[depth] = node >= 0 ? node | ARRAY : ARRAY_OFF;
          inArray = true;
          guess = -1;
          c = ++pos < end ? u8[pos]! : 0;
          while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = ++pos < end ? u8[pos]! : 0;
          if (c !== CLOSE_ARRAY) {
            node = NO_NODE;
            continue;
          }
        } else {
          stack[depth] = node >= 0 ? node : OBJECT_OFF;
          inArray = false;
          before = -1;
          guess = node >= 0 ? first[node]! : -1;
          if (guess >= 0) {
            // The words of `,"key":`; here the brace is in the place of the comma.
            let w = slotAt[guess]!;
            const size = code[w]!;
            const leads = code[w + 1]!;
            if (pos + size <= end && ((view.getInt32(pos, true) ^ code[w + 3]!) & ~0xff) === 0) {
              const tail = pos + size - 4;
              const last = code[w + 2]!;
              let at = pos + 4;
              w += 4;
              while (at < tail && view.getInt32(at, true) === code[w]) {
                at += 4;
                w++;
              }
              if (at >= tail && (tail === pos || view.getInt32(tail, true) === last)) {
                if (leads === DOTTED_NODE) return DOTTED_KEY;
                pos += size;
                node = leads;
                before = guess;
                guess = next[guess]!;
                continue;
              }
            }
          }
          c = ++pos < end ? u8[pos]! : 0;
          while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = ++pos < end ? u8[pos]! : 0;
          opened = c !== CLOSE_OBJECT;
        }
      } else if ((c >= ZERO && c <= NINE) || c === MINUS) {
        const digits = pos;
        if (c === MINUS) c = ++pos < end ? u8[pos]! : 0;
        if (c < ZERO || c > NINE) return INVALID;
        if (c === ZERO) c = ++pos < end ? u8[pos]! : 0;
        else while (c >= ZERO && c <= NINE) c = ++pos < end ? u8[pos]! : 0;
        let plain = u8[digits] !== MINUS && pos - digits <= 15;
        if (c === DOT) {
          plain = false;
          c = ++pos < end ? u8[pos]! : 0;
          if (c < ZERO || c > NINE) return INVALID;
          while (c >= ZERO && c <= NINE) c = ++pos < end ? u8[pos]! : 0;
        }
        if (c === 0x65 || c === 0x45) {
          plain = false;
          c = ++pos < end ? u8[pos]! : 0;
          if (c === 0x2b || c === MINUS) c = ++pos < end ? u8[pos]! : 0;
          if (c < ZERO || c > NINE) return INVALID;
          while (c >= ZERO && c <= NINE) c = ++pos < end ? u8[pos]! : 0;
        }
        if (node >= 0) this.put(node, plain ? KIND_INTEGER : KIND_NUMBER, digits, pos);
      } else {
        if (pos + 4 > end) return INVALID;
        const x = view.getInt32(pos, true);
        if (x === TRUE || x === NULL) {
          if (node >= 0) this.put(node, x === TRUE ? KIND_TRUE : KIND_NULL, pos, pos + 4);
          pos += 4;
        } else if (c === 0x66 && pos + 5 <= end && view.getInt32(pos + 1, true) === ALSE) {
          if (node >= 0) this.put(node, KIND_FALSE, pos, pos + 5);
          pos += 5;
        } else return INVALID;
      }

      if (!opened) {
        // After a value: the expected key, or the end of objects and arrays, until a comma says that there is more.
        for (;;) {
          if (guess >= 0) {
            const slot = slotAt[guess]!;
            const size = code[slot]!;
            const tail = pos + size - 4;
            if (
              pos + size <= end &&
              view.getInt32(pos, true) === code[slot + 3] &&
              view.getInt32(tail, true) === code[slot + 2]
            ) {
              let at = pos + 4;
              let w = slot + 4;
              while (at < tail && view.getInt32(at, true) === code[w]) {
                at += 4;
                w++;
              }
              if (at >= tail) {
                node = code[slot + 1]!;
                if (node === DOTTED_NODE) return DOTTED_KEY;
                pos += size;
                before = guess;
                guess = next[guess]!;
                continue value;
              }
            }
          }
          if (depth < 0) {
            while (pos < end) {
              c = u8[pos++]!;
              if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return INVALID;
            }
            this.entries = entries;
            return 0;
          }
          c = pos < end ? u8[pos]! : 0;
          if (c <= 0x20)
            while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = ++pos < end ? u8[pos]! : 0;
          pos++;
          if (c === COMMA) break;
          if (c !== (inArray ? CLOSE_ARRAY : CLOSE_OBJECT)) return INVALID;
          const closed = stack[depth]!;
          if (closed >= 0) ends[closed & ~ARRAY] = pos;
          before = befores[depth]!;
          guess = guesses[depth]!;
          depth--;
          inArray = depth >= 0 && (stack[depth]! & ARRAY) !== 0;
        }
        if (inArray) {
          node = NO_NODE;
          continue;
        }
        c = pos < end ? u8[pos]! : 0;
        while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = ++pos < end ? u8[pos]! : 0;
      }

      // A key at pos that is not the expected one.
      if (c !== QUOTE) return INVALID;
      const key = ++pos;
      let escaped = false;
      for (;;) {
        if (pos >= end) return INVALID;
        c = u8[pos]!;
        if (c === QUOTE) break;
        if (c < 0x20) return INVALID;
        if (c !== BACKSLASH) {
          pos++;
          continue;
        }
        escaped = true;
        const size = escapeSize(u8, pos, end);
        if (size === 0) return INVALID;
        pos += size;
      }
      const parent = stack[depth]!;
      node = NO_NODE;
      if (parent >= 0 && first[parent]! >= 0) {
        if (escaped) return ESCAPED_KEY;
        const slot = findSlot(trie, parent, u8, key, pos);
        if (slot >= 0) {
          node = target[slot]!;
          if (node === DOTTED_NODE) return DOTTED_KEY;
          if (before < 0) first[parent] = slot;
          else next[before] = slot;
          before = slot;
          guess = next[slot]!;
        }
      }
      c = ++pos < end ? u8[pos]! : 0;
      while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = ++pos < end ? u8[pos]! : 0;
      if (c !== COLON) return INVALID;
      pos++;
    }
  }
}

const ARRAY = 0x40000000;
const ARRAY_OFF = -1;
const OBJECT_OFF = -1 & ~ARRAY;

/** The size of a valid escape at `pos`, 0 for another. */
function escapeSize(u8: Uint8Array, pos: number, end: number): number {
  if (pos + 1 >= end) return 0;
  switch (u8[pos + 1]) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return 2;
    case 0x75: // u
      if (pos + 6 > end) return 0;
      for (let i = pos + 2; i < pos + 6; i++) {
        const c = u8[i]!;
        if (!((c >= ZERO && c <= NINE) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66))) return 0;
      }
      return 6;
    default:
      return 0;
  }
}

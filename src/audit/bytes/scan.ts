import { KIND, REASONS } from './tokens.ts';
import { findSlot, ODD, OFF, type Trie } from './trie.ts';

/** Containers within containers; deeper events go to the other reader. */
const DEPTH_MAX = 256;

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
 * One pass over the JSON text of an audit event: checks it as JSON.parse would, and notes for each node of the trie what
 * stands there. Made once a plan; everything it fills is reused, and `turn` tells whether a node was filled this time.
 */
export class Scanner {
  readonly #trie: Trie;
  /** By node: the turn in which it was last filled, what stands there, and where. */
  readonly seen: Int32Array;
  readonly kind: Uint8Array;
  readonly start: Int32Array;
  readonly end: Int32Array;
  turn = 0;
  /** The turn in which a node with children held an array: a path may lead through its members. */
  arrayInside = 0;

  readonly #stack = new Int32Array(DEPTH_MAX);
  readonly #last = new Int32Array(DEPTH_MAX);

  constructor(trie: Trie) {
    this.#trie = trie;
    this.seen = new Int32Array(trie.nodes);
    this.kind = new Uint8Array(trie.nodes);
    this.start = new Int32Array(trie.nodes);
    this.end = new Int32Array(trie.nodes);
  }

  /** Begins the next event. Turns come round after 2^32 events; stamps of the last round must not look fresh then. */
  begin(): number {
    this.turn = (this.turn + 1) | 0;
    if (this.turn === 0) {
      this.seen.fill(0);
      this.arrayInside = 0;
      this.turn = 1;
    }
    return this.turn;
  }

  /** Notes a value. A key that stands twice: the last one wins, and nothing of the first remains. */
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
   * Reads [pos, end) of the bytes under `view`, which is one JSON object between white space. Returns 0, or a REASONS code;
   * then what was noted is void. One flat function on purpose: split up it is half as fast (bench read).
   */
  scan(u8: Uint8Array, view: DataView, from: number, end: number): number {
    const trie = this.#trie;
    const { first, target, next, length, word, words } = trie;
    const { seen, kind, start, end: ends } = this;
    const stack = this.#stack;
    const last = this.#last;
    const turn = this.begin();
    let pos = from;
    let depth = -1;
    let node = 0;
    let inArray = false;

    for (;;) {
      // A value of `node` begins at pos, perhaps after white space.
      let c = pos < end ? u8[pos]! : 0;
      while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = ++pos < end ? u8[pos]! : 0;
      let opened = false;
      if (c === QUOTE) {
        const text = ++pos;
        let high = 0;
        let escaped = false;
        for (;;) {
          if (pos + 4 <= end) {
            const x = view.getInt32(pos, true);
            const quote = x ^ 0x22222222;
            const slash = x ^ 0x5c5c5c5c;
            const special =
              ((quote - 0x01010101) & ~quote) | ((slash - 0x01010101) & ~slash) | ((x - 0x20202020) & ~x);
            if ((special & 0x80808080) === 0) {
              high |= x;
              pos += 4;
              continue;
            }
          }
          if (pos >= end) return REASONS.invalid;
          c = u8[pos]!;
          if (c === QUOTE) break;
          if (c < 0x20) return REASONS.invalid;
          if (c !== BACKSLASH) {
            high |= c;
            pos++;
            continue;
          }
          escaped = true;
          const size = escapeSize(u8, pos, end);
          if (size === 0) return REASONS.invalid;
          pos += size;
        }
        if (node >= 0) {
          if (seen[node] === turn) this.#forget(node);
          seen[node] = turn;
          kind[node] = escaped ? KIND.escaped : (high & 0x80808080) === 0 ? KIND.ascii : KIND.utf8;
          start[node] = text;
          ends[node] = pos;
        }
        pos++;
      } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
        if (++depth === DEPTH_MAX) return REASONS.too_deep;
        if (node >= 0) {
          if (seen[node] === turn) this.#forget(node);
          seen[node] = turn;
          kind[node] = c === OPEN_OBJECT ? KIND.object : KIND.array;
          start[node] = pos;
        }
        pos++;
        // The sign bit tells an array; OFF is no node, so that its children are none either.
        if (c === OPEN_ARRAY) {
          if (node >= 0 && first[node]! >= 0) this.arrayInside = turn;
          stack[depth] = node >= 0 ? node | ARRAY : ARRAY_OFF;
          inArray = true;
          c = pos < end ? u8[pos]! : 0;
          while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = ++pos < end ? u8[pos]! : 0;
          if (c !== CLOSE_ARRAY) {
            node = OFF;
            continue;
          }
        } else {
          stack[depth] = node >= 0 ? node : OBJECT_OFF;
          last[depth] = -1;
          inArray = false;
          c = pos < end ? u8[pos]! : 0;
          while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = ++pos < end ? u8[pos]! : 0;
          opened = c !== CLOSE_OBJECT;
        }
      } else if ((c >= ZERO && c <= NINE) || c === MINUS) {
        const digits = pos;
        if (c === MINUS) c = ++pos < end ? u8[pos]! : 0;
        if (c < ZERO || c > NINE) return REASONS.invalid;
        if (c === ZERO) c = ++pos < end ? u8[pos]! : 0;
        else while (c >= ZERO && c <= NINE) c = ++pos < end ? u8[pos]! : 0;
        let plain = u8[digits] !== MINUS && pos - digits <= 15;
        if (c === DOT) {
          plain = false;
          c = ++pos < end ? u8[pos]! : 0;
          if (c < ZERO || c > NINE) return REASONS.invalid;
          while (c >= ZERO && c <= NINE) c = ++pos < end ? u8[pos]! : 0;
        }
        if (c === 0x65 || c === 0x45) {
          plain = false;
          c = ++pos < end ? u8[pos]! : 0;
          if (c === 0x2b || c === MINUS) c = ++pos < end ? u8[pos]! : 0;
          if (c < ZERO || c > NINE) return REASONS.invalid;
          while (c >= ZERO && c <= NINE) c = ++pos < end ? u8[pos]! : 0;
        }
        if (node >= 0) this.put(node, plain ? KIND.integer : KIND.number, digits, pos);
      } else {
        if (pos + 4 > end) return REASONS.invalid;
        const x = view.getInt32(pos, true);
        if (x === TRUE || x === NULL) {
          if (node >= 0) this.put(node, x === TRUE ? KIND.true : KIND.null, pos, pos + 4);
          pos += 4;
        } else if (c === 0x66 && pos + 5 <= end && view.getInt32(pos + 1, true) === ALSE) {
          if (node >= 0) this.put(node, KIND.false, pos, pos + 5);
          pos += 5;
        } else return REASONS.invalid;
      }

      // After a value: what closes is closed, until a comma asks for more.
      if (!opened) {
        for (;;) {
          if (depth < 0) {
            while (pos < end) {
              c = u8[pos++]!;
              if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return REASONS.invalid;
            }
            return 0;
          }
          c = pos < end ? u8[pos]! : 0;
          while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = ++pos < end ? u8[pos]! : 0;
          pos++;
          if (c === COMMA) break;
          if (c !== (inArray ? CLOSE_ARRAY : CLOSE_OBJECT)) return REASONS.invalid;
          const closed = stack[depth]!;
          if (closed >= 0) ends[closed & ~ARRAY] = pos;
          depth--;
          inArray = depth >= 0 && (stack[depth]! & ARRAY) !== 0;
        }
        if (inArray) {
          node = OFF;
          continue;
        }
        c = pos < end ? u8[pos]! : 0;
        while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = ++pos < end ? u8[pos]! : 0;
      }

      // A key at pos.
      if (c !== QUOTE) return REASONS.invalid;
      const parent = stack[depth]!;
      node = OFF;
      let known = false;
      if (parent >= 0 && first[parent]! >= 0) {
        const before = last[depth]!;
        const guess = before < 0 ? first[parent]! : next[before]!;
        const size = length[guess]! + 2;
        if (size >= 4 && pos + size <= end) {
          let w = word[guess]!;
          let at = pos;
          const tail = pos + size - 4;
          while (at < tail && view.getInt32(at, true) === words[w]) {
            at += 4;
            w++;
          }
          if (at >= tail && view.getInt32(tail, true) === words[w]) {
            known = true;
            node = target[guess]!;
            last[depth] = guess;
            pos += size;
          }
        }
      }
      if (!known) {
        const key = ++pos;
        let escaped = false;
        for (;;) {
          if (pos >= end) return REASONS.invalid;
          c = u8[pos]!;
          if (c === QUOTE) break;
          if (c < 0x20) return REASONS.invalid;
          if (c !== BACKSLASH) {
            pos++;
            continue;
          }
          escaped = true;
          const size = escapeSize(u8, pos, end);
          if (size === 0) return REASONS.invalid;
          pos += size;
        }
        if (parent >= 0 && first[parent]! >= 0) {
          if (escaped) return REASONS.escaped_key;
          const slot = findSlot(trie, parent, u8, key, pos);
          if (slot >= 0) {
            node = target[slot]!;
            const before = last[depth]!;
            if (before < 0) first[parent] = slot;
            else next[before] = slot;
            last[depth] = slot;
          }
        }
        pos++;
      }
      if (node === ODD) return REASONS.dotted_key;
      c = pos < end ? u8[pos]! : 0;
      while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = ++pos < end ? u8[pos]! : 0;
      if (c !== COLON) return REASONS.invalid;
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

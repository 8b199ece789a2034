import { KIND, type TokenKind } from './token-kinds.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/**
 * Moves over JSON that a scan has found well-formed, so nothing is checked again. `value` reads the value at `pos`: its
 * kind and [start, end), as in token-kinds.ts. It leaves `pos` behind the value.
 */
export class JsonSpan {
  readonly #u8: Uint8Array;
  pos = 0;
  kind: TokenKind = KIND.absent;
  start = 0;
  end = 0;

  constructor(u8: Uint8Array) {
    this.#u8 = u8;
  }

  /** Enters the object or array at `at`. False where it is empty: then `pos` is behind it. */
  enter(at: number): boolean {
    this.pos = at + 1;
    this.#space();
    const c = this.#u8[this.pos];
    const empty = c === 0x5d || c === 0x7d;
    if (empty) this.pos++;
    return !empty;
  }

  /** After a value: goes to the next one of the object or array. False at its end: then `pos` is behind it. */
  next(): boolean {
    this.#space();
    const comma = this.#u8[this.pos++] === COMMA;
    if (comma) this.#space();
    return comma;
  }

  isAtArray(): boolean {
    return this.#u8[this.pos] === 0x5b;
  }

  /** Reads a key as a string token. */
  key(): void {
    this.value();
  }

  /** Goes from behind a key to its value. */
  toValue(): void {
    this.#space();
    this.pos++;
    this.#space();
  }

  copy(): JsonSpan {
    const copy = new JsonSpan(this.#u8);
    copy.kind = this.kind;
    copy.start = this.start;
    copy.end = this.end;
    return copy;
  }

  value(): void {
    const u8 = this.#u8;
    const c = u8[this.pos]!;
    if (c === QUOTE) this.#string();
    else if (c === 0x7b || c === 0x5b) this.#container(c === 0x7b ? KIND.object : KIND.array);
    else {
      this.start = this.pos;
      let digits = true;
      for (;;) {
        const d = u8[this.pos];
        if (d === undefined || d === COMMA || d === 0x5d || d === 0x7d || d <= 0x20) break;
        if (d < 0x30 || d > 0x39) digits = false;
        this.pos++;
      }
      this.end = this.pos;
      if (c === 0x74) this.kind = KIND.true;
      else if (c === 0x66) this.kind = KIND.false;
      else if (c === 0x6e) this.kind = KIND.null;
      else this.kind = digits && this.end - this.start <= 15 ? KIND.integer : KIND.number;
    }
  }

  #string(): void {
    const u8 = this.#u8;
    let high = 0;
    this.kind = KIND.ascii;
    this.start = ++this.pos;
    for (;;) {
      const c = u8[this.pos]!;
      if (c === QUOTE) break;
      high |= c;
      if (c === BACKSLASH) {
        this.kind = KIND.escaped;
        this.pos++;
      }
      this.pos++;
    }
    if (this.kind === KIND.ascii && high >= 0x80) this.kind = KIND.utf8;
    this.end = this.pos++;
  }

  #container(kind: TokenKind): void {
    const u8 = this.#u8;
    const start = this.pos;
    let depth = 0;
    do {
      const c = u8[this.pos++]!;
      if (c === 0x7b || c === 0x5b) depth++;
      else if (c === 0x7d || c === 0x5d) depth--;
      else if (c === QUOTE) {
        this.pos--;
        this.#string();
      }
    } while (depth > 0);
    this.kind = kind;
    this.start = start;
    this.end = this.pos;
  }

  #space(): void {
    const u8 = this.#u8;
    while (u8[this.pos]! <= 0x20) this.pos++;
  }
}

/** What may come next in a JSON document. */
const EXPECT = { value: 0, valueOrEnd: 1, key: 2, keyOrEnd: 3, colon: 4, next: 5 } as const;
type Expected = (typeof EXPECT)[keyof typeof EXPECT];

/** Deeper nesting is not accepted as a document. */
const DEPTH_MAX = 10_000;

/**
 * Follows a JSON document over its lines, or over all of them at once, to find its end and to see whether it can be JSON at
 * all. It checks the structure only: any word is taken as a number or a literal.
 */
export class JsonShape {
  #expected: Expected = EXPECT.value;
  /** For each open bracket, whether it opens an object. */
  readonly #objects: boolean[] = [];
  /** After 'broken': where the text stops being JSON. */
  brokenAt = 0;
  /** Where the list `items` of the document opens; -1 if it has none so far. */
  itemsAt = -1;
  /** Where the last key of the document itself begins. */
  #keyAt = -1;

  /** Takes the next line. Returns the offset after the end of the document if it ends on this line, else whether it may continue. */
  line(text: Uint8Array, start = 0, end = text.length): number | 'open' | 'broken' {
    for (let i = start; i < end; i++) {
      const byte = text[i]!;
      if (byte === 0x20 || byte === 0x0a || byte === 0x09 || byte === 0x0d) continue;
      this.brokenAt = i;
      if (byte === 0x22) i = this.#string(text, i, end);
      else if (byte === 0x7b || byte === 0x5b) {
        if (byte === 0x5b && this.#objects.length === 1 && isItems(text, this.#keyAt)) this.itemsAt = i;
        i = this.#open(byte === 0x7b) ? i : -1;
      } else if (byte === 0x7d || byte === 0x5d) i = this.#close(byte === 0x7d) ? i : -1;
      else if (byte === 0x2c)
        i = this.#advance(EXPECT.next, this.#inObject ? EXPECT.key : EXPECT.value) ? i : -1;
      else if (byte === 0x3a) i = this.#advance(EXPECT.colon, EXPECT.value) ? i : -1;
      else i = this.#word(text, i, end);
      if (i < 0) return 'broken';
      if (this.#objects.length === 0) return i + 1;
    }
    return 'open';
  }

  get #inObject(): boolean {
    return this.#objects.at(-1) === true;
  }

  #advance(from: Expected, to: Expected): boolean {
    const isExpected = this.#expected === from;
    this.#expected = to;
    return isExpected;
  }

  /** Accepts a value, if one is expected. */
  #value(): boolean {
    const isExpected = this.#expected <= EXPECT.valueOrEnd;
    this.#expected = EXPECT.next;
    return isExpected;
  }

  #open(object: boolean): boolean {
    if (!this.#value() || this.#objects.push(object) > DEPTH_MAX) return false;
    this.#expected = object ? EXPECT.keyOrEnd : EXPECT.valueOrEnd;
    return true;
  }

  #close(object: boolean): boolean {
    const isExpected =
      this.#expected === EXPECT.next || this.#expected === (object ? EXPECT.keyOrEnd : EXPECT.valueOrEnd);
    this.#expected = EXPECT.next;
    return this.#objects.pop() === object && isExpected;
  }

  /** The index of the closing quote; -1 if no string is expected here, or if it does not end on this line, as every string must. */
  #string(text: Uint8Array, start: number, end: number): number {
    const isKey = this.#expected === EXPECT.key || this.#expected === EXPECT.keyOrEnd;
    if (isKey && this.#objects.length === 1) this.#keyAt = start;
    if (isKey) this.#expected = EXPECT.colon;
    else if (!this.#value()) return -1;
    const quote = closingQuote(text, start, end);
    if (quote < 0) this.brokenAt = ~quote;
    return Math.max(quote, -1);
  }

  #word(text: Uint8Array, start: number, end: number): number {
    const after = afterWord(text, start, end);
    return after > start && this.#value() ? after - 1 : -1;
  }
}

const ITEMS = Buffer.from('"items"');

const isItems = (text: Uint8Array, at: number): boolean =>
  at >= 0 && ITEMS.every((byte, i) => text[at + i] === byte);

/** The index of the closing quote of the string that opens at `start`. Where there is none: the complement of where the string breaks off. A control character ends it. */
export function closingQuote(text: Uint8Array, start: number, end: number): number {
  let i = start + 1;
  for (; i < end; i++) {
    const byte = text[i]!;
    if (byte === 0x22) return i;
    if (byte < 0x20) break;
    if (byte === 0x5c) i++;
  }
  return ~Math.min(i, end);
}

/** The offset after a number or a literal. */
export function afterWord(text: Uint8Array, start: number, end: number): number {
  let after = start;
  while (after < end && isOfWord(text[after]!)) after++;
  return after;
}

/** A digit, a letter, or a character of a number. */
const isOfWord = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  byte === 0x2d ||
  byte === 0x2b ||
  byte === 0x2e;

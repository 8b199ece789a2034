import type { Steps } from '../../lib/steps.ts';
import { afterWord, closingQuote, JsonShape } from '../document/json-shape.ts';
import { afterPrefix } from './line-prefix.ts';

/** The most documents that are read from one record; a record with more is rejected for the others. A webhook's batch holds 400 events. */
export const DOCUMENTS_MAX = 10_000;

/** How many times the size of the text may be spent on broken documents. After that the rest of the text is one broken piece. */
const PASSES_MAX = 16;
/** And how many bytes, in a text that is longer than half a mebibyte. */
const BROKEN_BYTES_MAX = 2 ** 23;
/** Pieces that are passed in one step. */
export const PIECES_STEP = 128;

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
/** The last byte of a byte order mark. */
const MARK_END = 0xbf;

/** What may stand before a line, besides its beginning. */
const BEFORE_LINE: ReadonlySet<number> = new Set([NEWLINE, 0, COMMA, OPEN_ARRAY, MARK_END]);
/** What may stand behind a document on its line. */
const AFTER_DOCUMENT: ReadonlySet<number> = new Set([NEWLINE, 0, COMMA, CLOSE_ARRAY, OPEN_OBJECT]);

/**
 * - `document`: from an opening brace to its closing one. Only its structure was checked, so it may still not be JSON.
 * - `item`: a string, number or literal in an array.
 * - `broken`: the head of a list that is cut off, or the first line of what begins as a document but is not one. Reading continues behind it.
 * - `text`: anything else, to the end of its line.
 */
export type PieceKind = 'document' | 'item' | 'broken' | 'text';

/**
 * The pieces of a text of several JSON documents: side by side or on lines of their own, with commas behind them, as the
 * members of an array, with NUL bytes or byte order marks around them, behind the prefixes that logs write before a line (see
 * line-prefix.ts). All of that is skipped, so an array that is cut off is
 * read to where it ends. A NUL byte ends every piece, as JSON cannot hold one.
 */
export class DocumentPieces {
  readonly #bytes: Uint8Array;
  readonly #first: number;
  readonly #end: number;
  #pos: number;
  /** Open brackets around the documents. */
  #open = 0;
  /** How many more bytes may be spent on broken documents. */
  #brokenLeft: number;
  kind: PieceKind = 'text';
  /** The piece is [start, end). */
  start = 0;
  end = 0;
  /** NUL bytes skipped so far. */
  nulBytes = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#first = start;
    this.#pos = start;
    this.#end = end;
    this.#brokenLeft = Math.min(PASSES_MAX * (end - start), BROKEN_BYTES_MAX);
  }

  /** Goes to the next piece; false at the end of the text. */
  next(): boolean {
    this.#skip();
    if (this.#pos >= this.#end) return false;
    this.start = this.#pos;
    if (this.#bytes[this.#pos] === OPEN_OBJECT) this.#document();
    else if (!this.#item()) this.#text();
    this.#pos = this.end;
    return true;
  }

  /** Skips white space, commas, brackets, NUL bytes and byte order marks. */
  #skip(): void {
    for (; this.#pos < this.#end; this.#pos++) {
      const byte = this.#bytes[this.#pos]!;
      if (byte === 0) this.nulBytes++;
      else if (byte === OPEN_ARRAY) this.#open++;
      else if (byte === CLOSE_ARRAY) this.#open = Math.max(0, this.#open - 1);
      else if (byte === 0xef && this.#isByteOrderMark()) this.#pos += 2;
      else if (byte !== COMMA && !isBlank(byte)) return;
    }
  }

  #isByteOrderMark(): boolean {
    const [b, c] = [this.#bytes[this.#pos + 1], this.#bytes[this.#pos + 2]];
    return this.#pos + 2 < this.#end && b === 0xbb && c === 0xbf;
  }

  /** A document behind the prefix that its line has, or the rest of the line. Within a line, or with more text behind it, it is a quotation. */
  #text(): void {
    const at = this.#isLineStart() ? afterPrefix(this.#bytes, this.#pos, this.#end) : -1;
    if (at >= 0) {
      this.start = at;
      this.#document();
      if (this.kind !== 'document' || this.#isFollowedByNoText()) return;
      this.start = this.#pos;
    }
    this.#restOfLine('text');
  }

  #isLineStart(): boolean {
    let before = this.#pos - 1;
    while (before >= this.#first && this.#bytes[before] !== NEWLINE && isBlank(this.#bytes[before]!))
      before--;
    return before < this.#first || BEFORE_LINE.has(this.#bytes[before]!);
  }

  #isFollowedByNoText(): boolean {
    let after = this.end;
    while (after < this.#end && this.#bytes[after] !== NEWLINE && isBlank(this.#bytes[after]!)) after++;
    return after >= this.#end || AFTER_DOCUMENT.has(this.#bytes[after]!);
  }

  #document(): void {
    if (this.#brokenLeft <= 0) {
      this.kind = 'broken';
      this.end = this.#end;
      return;
    }
    const shape = new JsonShape();
    const end = shape.line(this.#bytes, this.start, this.#end);
    if (typeof end === 'number') {
      this.kind = 'document';
      this.end = end;
      return;
    }
    this.#brokenLeft -= (end === 'open' ? this.#end : shape.brokenAt) - this.start;
    this.#restOfLine('broken');
    // Of a list that is cut off the head is broken, and its items stand by themselves.
    if (shape.itemsAt < 0) return;
    this.end = shape.itemsAt + 1;
    this.#open = 1;
  }

  /** Whether the next piece is a member of an array that is not an object. */
  #item(): boolean {
    if (this.#open === 0) return false;
    const bytes = this.#bytes;
    const end =
      bytes[this.start] === QUOTE
        ? closingQuote(bytes, this.start, this.#end) + 1
        : afterWord(bytes, this.start, this.#end);
    const after = end < this.#end ? bytes[end]! : COMMA;
    if (end <= this.start || !(after === COMMA || after === CLOSE_ARRAY || after === 0 || isBlank(after)))
      return false;
    this.kind = 'item';
    this.end = end;
    return true;
  }

  /** Takes the rest of the line as the piece, or what is before a NUL byte. */
  #restOfLine(kind: PieceKind): void {
    const bytes = this.#bytes;
    let end = this.start;
    while (end < this.#end && bytes[end] !== NEWLINE && bytes[end] !== 0) end++;
    this.kind = kind;
    this.end = end;
    this.#open = 0;
  }
}

/** Whether [start, end) holds a document. */
export function* holdingDocument(bytes: Uint8Array, start: number, end: number): Steps<boolean> {
  const pieces = new DocumentPieces(bytes, start, end);
  for (let i = 1; pieces.next(); i++) {
    if (pieces.kind === 'document') return true;
    if (i % PIECES_STEP === 0) yield;
  }
  return false;
}

/** Whether a text begins with something else than a document. */
export function beginsAsText(bytes: Uint8Array): boolean {
  const pieces = new DocumentPieces(bytes);
  return pieces.next() && pieces.kind === 'text';
}

const isBlank = (byte: number): boolean =>
  byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;

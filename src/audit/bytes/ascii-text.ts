import { KIND, type TokenKind } from './token-kinds.ts';

/** A longer text with escapes is not taken. */
const ROOM = 4096;

const NOTHING = new Uint8Array(0);
const NO_VIEW = new DataView(NOTHING.buffer);

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

/** What stands after a backslash, for the escapes of one letter; 0 for others. */
const ESCAPED = new Uint8Array(128);
for (const [letter, meant] of Object.entries({
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}))
  ESCAPED[letter.charCodeAt(0)] = meant.charCodeAt(0);

/** The text of a string token as bytes, one for each character, where it is all ASCII. Escapes are decoded; no string is made. */
export class AsciiText {
  u8: Uint8Array = NOTHING;
  /** Over the same bytes. */
  view: DataView = NO_VIEW;
  start = 0;
  /** -1: the text has other characters, or is no string, or is too long. */
  length = -1;
  #room: { readonly u8: Uint8Array; readonly view: DataView } | undefined;

  release(): void {
    this.u8 = NOTHING;
    this.view = NO_VIEW;
  }

  /** The token's JSON must be valid. `view` is over the bytes of `u8`. */
  take(u8: Uint8Array, view: DataView, kind: TokenKind, start: number, end: number): void {
    this.u8 = u8;
    this.view = view;
    this.start = start;
    this.length = kind === KIND.ascii ? end - start : -1;
    if (kind !== KIND.escaped || end - start > ROOM) return;
    this.#room ??= roomForText();
    this.u8 = this.#room.u8;
    this.view = this.#room.view;
    this.start = 0;
    this.length = unescaped(u8, start, end, this.u8);
  }
}

function roomForText() {
  const u8 = new Uint8Array(ROOM);
  return { u8, view: new DataView(u8.buffer) };
}

/** Writes the text of [start, end) to `into`. Returns its length, or -1 where a character is not ASCII. */
function unescaped(u8: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let length = 0;
  for (let i = start; i < end; i++) {
    let c = u8[i]!;
    if (c >= 0x80) return -1;
    if (c === BACKSLASH) {
      c = u8[++i]!;
      if (c === LETTER_U) {
        if (u8[i + 1] !== 0x30 || u8[i + 2] !== 0x30) return -1;
        c = hexDigit(u8[i + 3]!) * 16 + hexDigit(u8[i + 4]!);
        if (c >= 0x80) return -1;
        i += 4;
      } else c = ESCAPED[c]!;
    }
    into[length++] = c;
  }
  return length;
}

const hexDigit = (c: number): number => (c <= 0x39 ? c - 0x30 : (c | 0x20) - 0x57);

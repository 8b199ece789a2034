import { CriParts } from '../../audit/texts/cri-parts.ts';
import type { FileLine } from './file-line.ts';
import { Documents } from './json-documents.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const NUL = 0;

/**
 * Finds the lines in the chunks of a log: JSON documents of several lines are joined, and so are lines that a container
 * runtime has cut; blank lines are left out. NUL bytes, which a log that is truncated while it is written begins with by the
 * gigabyte, end a line and its document, but do not count as a line.
 */
export class LineFraming {
  readonly #most: number;
  readonly #skipped: (nulBytes: number) => void;
  readonly #documents: Documents;
  readonly #parts = new CriParts<number>();
  #number = 1;
  /** Of a line whose end has not come. */
  #pieces: Buffer[] = [];
  #held = 0;
  #found: FileLine[] = [];

  /** `most`: the size of the largest line or document that is kept; `skipped` gets the number of NUL bytes. */
  constructor(most: number, skipped: (nulBytes: number) => void) {
    this.#most = most;
    this.#skipped = skipped;
    this.#documents = new Documents(most);
  }

  /** The lines that are whole with this chunk; they may be parts of it. */
  take(chunk: Buffer): readonly FileLine[] {
    let nul = chunk.indexOf(NUL);
    for (let start = 0; start < chunk.length; ) {
      const limit = nul < 0 ? chunk.length : nul;
      if (this.#held === 0) start = this.#events(chunk, start, limit);
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline < 0 ? limit : Math.min(limit, newline);
      this.#hold(chunk.subarray(start, end));
      start = end;
      if (end === nul) {
        start = this.#nulBytes(chunk, end);
        nul = chunk.indexOf(NUL, start);
      } else if (end === newline) {
        start++;
        if (this.#held > 0) this.#whole();
        this.#number++;
      }
    }
    return this.#taken();
  }

  /** The rest at the end of the input. */
  end(): readonly FileLine[] {
    if (this.#held > 0) this.#whole();
    for (const { text, of } of this.#parts.end())
      this.#add(this.#documents.take({ number: of, bytes: Buffer.from(text, 'latin1') }));
    this.#add(this.#documents.end());
    return this.#taken();
  }

  /**
   * Finds the lines from `start` on that are documents by themselves, as nearly all are: from an opening brace to a closing one,
   * with such a brace after them. Returns where the first other line begins.
   */
  #events(chunk: Buffer, start: number, limit: number): number {
    if (chunk[start] !== OPEN_OBJECT || this.#documents.isOpen) return start;
    let begin = start;
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, begin);
      if (newline < 0 || newline + 1 >= limit || chunk[newline + 1] !== OPEN_OBJECT) return begin;
      const last = chunk[newline - 1] === RETURN ? newline - 2 : newline - 1;
      if (chunk[last] !== CLOSE_OBJECT || newline - begin > this.#most) return begin;
      // The one before waits for what follows it.
      if (begin === start) this.#add(this.#documents.end());
      this.#found.push({ number: this.#number++, bytes: chunk.subarray(begin, newline) });
      begin = newline + 1;
    }
  }

  #hold(piece: Buffer): void {
    this.#held += piece.length;
    if (this.#held <= this.#most) this.#pieces.push(piece);
  }

  /** Ends the line at NUL bytes, and returns where they end. */
  #nulBytes(chunk: Buffer, start: number): number {
    if (this.#held > 0) this.#add(this.#documents.take(this.#line()));
    this.#add(this.#documents.end());
    let end = start;
    while (chunk[end] === NUL) end++;
    this.#skipped(end - start);
    return end;
  }

  #whole(): void {
    for (const one of joined(this.#line(), this.#parts)) this.#add(this.#documents.take(one));
  }

  #line(): FileLine {
    const bytes = this.#held > this.#most ? undefined : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#held = 0;
    return { number: this.#number, bytes };
  }

  #add(lines: readonly FileLine[]): void {
    for (const line of lines) this.#found.push(line);
  }

  #taken(): readonly FileLine[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }
}

/** The lines that are whole with this one. Only a line that begins with a digit can be a part of one. */
function joined(line: FileLine, parts: CriParts<number>): readonly FileLine[] {
  const { number, bytes } = line;
  if (bytes === undefined || (parts.isEmpty && !startsWithDigit(bytes))) return [line];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return parts
    .take(text, number)
    .map((one) => (one.text === text ? line : { number: one.of, bytes: Buffer.from(one.text, 'latin1') }));
}

const startsWithDigit = ([first = 0]: Uint8Array): boolean => first >= 0x30 && first <= 0x39;

import { JsonShape } from '../../audit/document/json-shape.ts';
import type { FileLine } from './file-line.ts';
import { GrowingText } from './growing-text.ts';

/** A JSON document of several lines, as far as it has been read. */
interface Open {
  readonly number: number;
  readonly shape: JsonShape;
  /** undefined after it became too large: then only the end of the document is searched. */
  text: GrowingText | undefined;
}

/**
 * Joins the lines of JSON documents of several lines: pretty-printed ones, and EventLists with one item per line. Nearly all
 * lines are documents by themselves. Of these it checks only the first and the last byte: a line that ends with its closing
 * bracket continues only if the next line begins with a comma or a closing bracket. Lines that look like the beginning of a
 * document and are not (a log cut off in the middle) do not make it lose complete lines after them.
 *
 * Of an array over lines it gives the members, since an array may be as large as its file: its brackets and commas are passed
 * over. A line may hold several documents; they stay together, except one that goes on in the next line.
 */
export class Documents {
  readonly #most: number;
  /** A complete document, unless the next line continues it. */
  #waiting: (FileLine & { readonly bytes: Uint8Array }) | undefined;
  #open: Open | undefined;

  /** `most`: the size of the largest document that is kept, in bytes. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether the next line may belong to a document that has begun and not ended. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Takes the next line, and returns the documents that are complete now. */
  take(line: FileLine): FileLine[] {
    const { number, bytes } = line;
    if (bytes === undefined) return [...this.end(), line];
    // The part of a line whose end has not come stands before lines that have.
    const isEarlier = number < (this.#open?.text?.next ?? 0);
    if (isEarlier) return [...this.end(), ...this.take(line)];
    const first = bytes[firstOf(bytes)];
    if (first === undefined) return [];
    const before: FileLine[] = [];
    if (this.#waiting !== undefined) {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (CONTINUES.has(first)) before.push(...this.#begin(waiting.number, waiting.bytes));
      else before.push(waiting);
    }
    const now = this.#open === undefined ? this.#fresh(number, bytes) : this.#more(this.#open, number, bytes);
    return before.length === 0 ? now : [...before, ...now];
  }

  /** The rest at the end of the input. */
  end(): FileLine[] {
    const left = [...(this.#waiting ? [this.#waiting] : []), ...(this.#open ? pieces(this.#open) : [])];
    this.#waiting = undefined;
    this.#open = undefined;
    return left;
  }

  #fresh(number: number, bytes: Uint8Array): FileLine[] {
    const at = beginOf(bytes, 0);
    if (at === bytes.length) return [];
    if (bytes[at] !== OBJECT) return [{ number, bytes }];
    if (lastOf(bytes) !== CLOSE_OBJECT) return this.#begin(number, bytes);
    this.#waiting = { number, bytes };
    return [];
  }

  /** The line itself, as far as no document begins on it that goes on in the next line. */
  #begin(number: number, bytes: Uint8Array): FileLine[] {
    let end = 0;
    for (;;) {
      const at = beginOf(bytes, end);
      if (bytes[at] !== OBJECT) return [{ number, bytes }];
      const shape = new JsonShape();
      const found = shape.line(bytes, at);
      if (found === 'broken') return [{ number, bytes }];
      if (found === 'open') {
        const text = new GrowingText(number);
        text.add(number, bytes.subarray(at));
        this.#open = { number, shape, text };
        return end === 0 ? [] : [{ number, bytes: bytes.subarray(0, at) }];
      }
      end = found;
    }
  }

  #more(open: Open, number: number, bytes: Uint8Array): FileLine[] {
    const end = open.shape.line(bytes);
    if (end === 'broken') {
      this.#open = undefined;
      return [...pieces(open), ...this.#fresh(number, bytes)];
    }
    open.text?.add(number, end === 'open' ? bytes : bytes.subarray(0, end));
    if (open.text !== undefined && open.text.size > this.#most) open.text = undefined;
    if (end === 'open') return [];
    this.#open = undefined;
    const rest = bytes.subarray(end);
    const whole = open.text === undefined ? tooLarge(open) : { number: open.number, bytes: open.text.bytes };
    return [whole, ...this.#fresh(number, rest)];
  }
}

const OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;
const CONTINUES: ReadonlySet<number> = new Set([COMMA, CLOSE_OBJECT, CLOSE_ARRAY]);

const tooLarge = ({ number }: Open): FileLine => ({ number, bytes: undefined, document: true });

/** Lines that turned out to be no document: objects that are complete on their line (also as an item of a list), and the text between them in one piece. */
function pieces(open: Open): FileLine[] {
  if (open.text === undefined) return [tooLarge(open)];
  const found: FileLine[] = [];
  let broken: GrowingText | undefined;
  const flush = () => {
    if (broken) found.push({ number: broken.number, bytes: broken.bytes });
    broken = undefined;
  };
  for (const { number, bytes } of open.text.lines()) {
    const whole = wholeOf(bytes);
    if (whole !== undefined) {
      flush();
      found.push({ number, bytes: whole });
    } else {
      broken ??= new GrowingText(number);
      broken.add(number, bytes);
    }
  }
  flush();
  return found;
}

/** What is complete on a line: an object, or several, with what stands between the members of a list. */
function wholeOf(line: Uint8Array): Uint8Array | undefined {
  let end = 0;
  for (let at = beginOf(line, 0); at < line.length; at = beginOf(line, end)) {
    const found = line[at] === OBJECT ? new JsonShape().line(line, at) : 'broken';
    if (typeof found !== 'number') return undefined;
    end = found;
  }
  return end === 0 ? undefined : line.subarray(0, end);
}

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d;

/** The length of the byte order mark that some editors write before UTF-8. */
const markOf = (line: Uint8Array): number =>
  line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? 3 : 0;

/** Where the first byte is that is not blank; the line's length without one. */
function firstOf(line: Uint8Array): number {
  let i = markOf(line);
  while (i < line.length && isBlank(line[i]!)) i++;
  return i;
}

/** Where the first byte after `from` is that is neither blank nor stands between the members of a list; or the line's length. */
function beginOf(line: Uint8Array, from: number): number {
  let i = from === 0 ? markOf(line) : from;
  while (i < line.length && (isBlank(line[i]!) || isBetween(line[i]!))) i++;
  return i;
}

const isBetween = (byte: number): boolean => byte === COMMA || byte === OPEN_ARRAY || byte === CLOSE_ARRAY;

function lastOf(line: Uint8Array): number | undefined {
  let i = line.length - 1;
  while (i >= 0 && isBlank(line[i]!)) i--;
  return line[i];
}

import type { FileLine } from './file-line.ts';
import { GrowingText } from './growing-text.ts';
import { JsonShape } from './json-shape.ts';

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

  /** Takes the next line, and returns the documents that are complete now. */
  take(line: FileLine): FileLine[] {
    const { number, bytes } = line;
    if (bytes === undefined) return [...this.end(), line];
    const first = firstOf(bytes);
    if (first === undefined) return [];
    if (this.#waiting !== undefined) {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (!CONTINUES.has(first)) return [waiting, ...this.#fresh(number, bytes)];
      const before = this.#begin(waiting.number, waiting.bytes);
      if (before.length > 0) return [...before, ...this.#fresh(number, bytes)];
    }
    return this.#open === undefined ? this.#fresh(number, bytes) : this.#more(this.#open, number, bytes);
  }

  /** The rest at the end of the input. */
  end(): FileLine[] {
    const left = [...(this.#waiting ? [this.#waiting] : []), ...(this.#open ? pieces(this.#open) : [])];
    this.#waiting = undefined;
    this.#open = undefined;
    return left;
  }

  #fresh(number: number, bytes: Uint8Array): FileLine[] {
    const first = firstOf(bytes);
    if (first !== OBJECT && first !== ARRAY) return [{ number, bytes }];
    if (lastOf(bytes) !== first + 2) return this.#begin(number, bytes);
    this.#waiting = { number, bytes };
    return [];
  }

  /** The line itself, unless it begins a document of several lines. */
  #begin(number: number, bytes: Uint8Array): FileLine[] {
    const shape = new JsonShape();
    if (shape.line(bytes, markOf(bytes)) !== 'open') return [{ number, bytes }];
    const text = new GrowingText(number);
    text.add(number, bytes);
    this.#open = { number, shape, text };
    return [];
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
    return [whole, ...(firstOf(rest) === undefined ? [] : this.#fresh(number, rest))];
  }
}

const OBJECT = 0x7b;
const ARRAY = 0x5b;
const COMMA = 0x2c;
/** A comma and the closing brackets. The code of a closing bracket is that of the opening one plus two. */
const CONTINUES: ReadonlySet<number> = new Set([COMMA, OBJECT + 2, ARRAY + 2]);

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

/** The object that is alone on a line, or that is followed only by the comma of a list. */
function wholeOf(line: Uint8Array): Uint8Array | undefined {
  if (firstOf(line) !== OBJECT) return undefined;
  const end = new JsonShape().line(line, markOf(line));
  if (typeof end !== 'number') return undefined;
  const rest = line.subarray(end);
  const alone = firstOf(rest) === undefined || (firstOf(rest) === COMMA && lastOf(rest) === COMMA);
  return alone ? line.subarray(0, end) : undefined;
}

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d;

/** The length of the byte order mark that some editors write before UTF-8. */
const markOf = (line: Uint8Array): number =>
  line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? 3 : 0;

/** The first byte that is not blank. */
function firstOf(line: Uint8Array): number | undefined {
  let i = markOf(line);
  while (i < line.length && isBlank(line[i]!)) i++;
  return line[i];
}

function lastOf(line: Uint8Array): number | undefined {
  let i = line.length - 1;
  while (i >= 0 && isBlank(line[i]!)) i--;
  return line[i];
}

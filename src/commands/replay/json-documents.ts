import type { FileLine } from './file-line.ts';
import { GrowingText } from './growing-text.ts';
import { JsonShape } from './json-shape.ts';

/** A JSON document that goes over lines, as far as it has been read. */
interface Open {
  readonly number: number;
  readonly shape: JsonShape;
  /** undefined once it is too large: then only its end is looked for. */
  text: GrowingText | undefined;
}

/**
 * Puts the lines of JSON documents together that go over several: pretty-printed ones, EventLists with an item a line. A
 * line that is a document by itself, which nearly all are, is looked at only where it begins and ends: what ends with a
 * bracket goes on only if the next line begins with a comma or another closing bracket. Lines that looked like the
 * beginning of a document and are not (a log cut off in the middle) cost no line behind them that is whole.
 */
export class Documents {
  readonly #most: number;
  /** Whole, unless the next line goes on with it. */
  #waiting: (FileLine & { readonly bytes: Uint8Array }) | undefined;
  #open: Open | undefined;

  /** `most`: bytes of a document that are held. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes the next line, and gives what is whole now. */
  take(line: FileLine): FileLine[] {
    const { number, bytes } = line;
    if (bytes === undefined) return [...this.end(), line];
    const first = firstOf(bytes);
    if (first === undefined) return [];
    if (this.#waiting !== undefined) {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (!GOES_ON.has(first)) return [waiting, ...this.#fresh(number, bytes)];
      const before = this.#begin(waiting.number, waiting.bytes);
      if (before.length > 0) return [...before, ...this.#fresh(number, bytes)];
    }
    return this.#open === undefined ? this.#fresh(number, bytes) : this.#more(this.#open, number, bytes);
  }

  /** What is left at the end of the input. */
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

  /** The line itself, unless a document begins with it that goes on. */
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
/** A comma and the closing brackets, each two behind the opening one. */
const GOES_ON: ReadonlySet<number> = new Set([COMMA, OBJECT + 2, ARRAY + 2]);

const tooLarge = ({ number }: Open): FileLine => ({ number, bytes: undefined, document: true });

/** The lines of what is no document after all: those that are one by themselves (items of a list among them), and what stands between them in one piece. */
function pieces(open: Open): FileLine[] {
  if (open.text === undefined) return [tooLarge(open)];
  const found: FileLine[] = [];
  let torn: GrowingText | undefined;
  const flush = () => {
    if (torn) found.push({ number: torn.number, bytes: torn.bytes });
    torn = undefined;
  };
  for (const { number, bytes } of open.text.lines()) {
    const whole = wholeOf(bytes);
    if (whole !== undefined) {
      flush();
      found.push({ number, bytes: whole });
    } else {
      torn ??= new GrowingText(number);
      torn.add(number, bytes);
    }
  }
  flush();
  return found;
}

/** An object alone in its line, or before the comma that follows an item of a list. */
function wholeOf(line: Uint8Array): Uint8Array | undefined {
  if (firstOf(line) !== OBJECT) return undefined;
  const end = new JsonShape().line(line, markOf(line));
  if (typeof end !== 'number') return undefined;
  const rest = line.subarray(end);
  const alone = firstOf(rest) === undefined || (firstOf(rest) === COMMA && lastOf(rest) === COMMA);
  return alone ? line.subarray(0, end) : undefined;
}

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d;

/** Bytes of the mark that some editors write before UTF-8. */
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

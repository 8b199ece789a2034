import { PLAIN_BYTES_MAX } from '../document/charge.ts';

/** The longest line that is joined of its parts, in bytes. */
const LINE_MAX = PLAIN_BYTES_MAX;
/** The most lines of which parts are held at the same time. */
const HELD_MAX = 64;

const MARKS = [' stdout P ', ' stderr P '];
const PART = /^\d{4}-\S{1,40} (stdout|stderr) ([FP])(?::[\w:]{1,20})? /;
const PREFIX_MAX = 80;

/** Whether a text may have a line that is only a part: a container runtime cuts a line after 16 KiB. */
export const hasParts = (text: Buffer): boolean => MARKS.some((mark) => text.includes(mark));

/** A line that is whole, or as far as it is there, and where its last part comes from. */
export interface JoinedLine<Of> {
  readonly text: string;
  readonly of: Of;
}

/**
 * Joins the parts of lines. Lines are byte strings (latin1), since a part may end within a character. A line whose end is
 * missing, or that is too long, is given as far as it is there, without its prefix.
 */
export class CriParts<Of> {
  readonly #held = new Map<string, JoinedLine<Of>>();

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /** The lines that are whole now: this one, or what it completes, or one of another source that has to make room. Parts are joined within a `source`. */
  take(line: string, of: Of, source = ''): readonly JoinedLine<Of>[] {
    const [prefix = '', stream = '', tag] = PART.exec(line.slice(0, PREFIX_MAX)) ?? [];
    const key = `${stream} ${source}`;
    const before = this.#held.get(key);
    if (tag === undefined || (tag === 'F' && before === undefined)) return [{ text: line, of }];
    const text = (before?.text ?? '') + line.slice(prefix.length).replace(/\r?\n$/, '');
    this.#held.delete(key);
    if (tag === 'F' || text.length > LINE_MAX) return [{ text, of }];
    const oldest = this.#held.size < HELD_MAX ? [] : this.#takeOldest();
    this.#held.set(key, { text, of });
    return oldest;
  }

  /** What is left of lines whose ends are missing. */
  end(): readonly JoinedLine<Of>[] {
    const left = [...this.#held.values()];
    this.#held.clear();
    return left;
  }

  #takeOldest(): readonly JoinedLine<Of>[] {
    for (const [key, line] of this.#held) {
      this.#held.delete(key);
      return [line];
    }
    return [];
  }
}

/** The text with the parts of each line joined; undefined where it has none. */
export function joinedParts(text: Buffer): Buffer | undefined {
  if (!hasParts(text)) return undefined;
  const parts = new CriParts<undefined>();
  const lines = text
    .toString('latin1')
    .split('\n')
    .flatMap((line) => parts.take(line, undefined));
  return Buffer.from([...lines, ...parts.end()].map((line) => line.text).join('\n'), 'latin1');
}

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

/**
 * Joins the parts of lines. Lines are byte strings (latin1), since a part may end within a character. A line whose end is
 * missing, or that is too long, is given as far as it is there, without its prefix.
 */
export class CriParts {
  readonly #held = new Map<string, string>();

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /** The lines that are whole now: this one, or what it completes. `source`: where it was written. */
  take(line: string, source = ''): readonly string[] {
    const [prefix = '', stream = '', tag] = PART.exec(line.slice(0, PREFIX_MAX)) ?? [];
    const key = `${stream} ${source}`;
    const before = this.#held.get(key);
    if (tag === undefined || (tag === 'F' && before === undefined)) return [line];
    const whole = (before ?? '') + line.slice(prefix.length).replace(/\r?\n$/, '');
    this.#held.delete(key);
    if (tag === 'F' || whole.length > LINE_MAX) return [whole];
    const oldest = this.#held.size < HELD_MAX ? [] : this.#takeOldest();
    this.#held.set(key, whole);
    return oldest;
  }

  /** What is left of lines whose ends are missing. */
  end(): readonly string[] {
    const left = [...this.#held.values()];
    this.#held.clear();
    return left;
  }

  #takeOldest(): readonly string[] {
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
  const parts = new CriParts();
  const lines = text
    .toString('latin1')
    .split('\n')
    .flatMap((line) => parts.take(line));
  return Buffer.from([...lines, ...parts.end()].join('\n'), 'latin1');
}

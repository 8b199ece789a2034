import { PLAIN_BYTES_MAX } from '../document/charge.ts';

/** The longest line that is joined of its parts, in bytes. */
const LINE_MAX = PLAIN_BYTES_MAX;

const MARKS = [' stdout P ', ' stderr P '];
const PART = /^\S{1,40} (stdout|stderr) ([FP])(?::[\w:]{1,20})? /;

/** Whether a text has a line that is only a part: a container runtime cuts a line after 16 KiB. */
export const hasParts = (text: Buffer): boolean => MARKS.some((mark) => text.includes(mark));

/**
 * The text with the parts of each line joined; undefined where it has none. A line whose end is missing, or that is too long,
 * stays as far as it is there.
 */
export function joinedParts(text: Buffer): Buffer | undefined {
  if (!hasParts(text)) return undefined;
  // Byte by byte: a part may end within a character.
  const lines: string[] = [];
  const held = new Map<string, string>();
  for (const line of text.toString('latin1').split('\n')) {
    const [prefix = '', stream = '', tag] = PART.exec(line) ?? [];
    const before = held.get(stream);
    if (tag === undefined || (tag === 'F' && before === undefined)) lines.push(line);
    else {
      const whole = (before ?? '') + line.slice(prefix.length);
      held.delete(stream);
      if (tag === 'F' || whole.length > LINE_MAX) lines.push(whole);
      else held.set(stream, whole);
    }
  }
  return Buffer.from([...lines, ...held.values()].join('\n'), 'latin1');
}

import { codePoints, literalText, mapText, type Pattern } from './pattern.ts';

export type Wide = 'utf16le' | 'wide' | 'utf16be' | 'utf16';
export type Base64 = 'base64' | 'base64offset';

interface Fault {
  readonly fault: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A byte order mark as bytes of UTF-16, and as a character. */
const MARK = Buffer.from([0xff, 0xfe]);
const MARK_CHARACTER = 0xfeff;

/** Text in UTF-16 as a log shows it that reads each byte as a character: `cmd` becomes c, NUL, m, NUL, d, NUL. */
export function toUtf16(pattern: Pattern, how: Wide): Pattern | Fault {
  try {
    const made = mapText(pattern, (text) => codePoints(utf8.decode(utf16(text, how))));
    return how === 'utf16' ? [MARK_CHARACTER, ...made] : made;
  } catch {
    return { fault: `${how} takes only ASCII, unless base64 or base64offset follows it` };
  }
}

/** A text (in UTF-16 if `wide` says so) in base64: one variant, or for base64offset one for each place in a group of three bytes. */
export function toBase64(pattern: Pattern, how: Base64, wide?: Wide): readonly Pattern[] | Fault {
  const text = literalText(pattern);
  if (text === undefined) return { fault: `${how} takes no wildcards; write \\* and \\? for the characters` };
  const bytes = wide === undefined ? Buffer.from(text) : utf16(text, wide);
  const whole = wide === 'utf16' ? Buffer.concat([MARK, bytes]) : bytes;
  const texts = how === 'base64' ? [whole.toString('base64')] : offsets(whole);
  return texts.includes('') ? { fault: `is too short for ${how}` } : texts.map(codePoints);
}

/** Characters at the start that depend on the bytes before the text, by the number of these bytes in the group. */
const STARTS = [0, 2, 3] as const;
/** Characters at the end that depend on later bytes or on padding, by the number of bytes in the last group. */
const ENDS = [0, 3, 2] as const;

function offsets(bytes: Buffer): readonly string[] {
  return STARTS.map((start, before) => {
    const size = before + bytes.length;
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(start, text.length - ENDS[(size % 3) as 0 | 1 | 2]);
  });
}

function utf16(text: string, how: Wide): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return how === 'utf16be' ? bytes.swap16() : bytes;
}

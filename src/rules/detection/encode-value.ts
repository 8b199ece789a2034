import { codePoints, literalText, mapText, type Pattern } from './pattern.ts';

export type Wide = 'utf16le' | 'wide' | 'utf16be' | 'utf16';
export type Base64 = 'base64' | 'base64offset';

interface Fault {
  readonly fault: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A byte order mark as UTF-16 writes it, and as the character that it is in text. */
const MARK = Buffer.from([0xff, 0xfe]);
const MARK_CHARACTER = 0xfeff;

/** Text in UTF-16 as a log shows it that took each byte for a character: `cmd` is c, NUL, m, NUL, d, NUL. */
export function widen(pattern: Pattern, how: Wide): Pattern | Fault {
  try {
    const made = mapText(pattern, (text) => codePoints(utf8.decode(utf16(text, how))));
    return how === 'utf16' ? [MARK_CHARACTER, ...made] : made;
  } catch {
    return { fault: `${how} takes ASCII alone, unless base64 or base64offset follows it` };
  }
}

/** A text (in UTF-16 if `wide` says so) in base64: one variant, or for base64offset one for each place in a group of three bytes. */
export function base64(pattern: Pattern, how: Base64, wide?: Wide): readonly Pattern[] | Fault {
  const text = literalText(pattern);
  if (text === undefined) return { fault: `${how} takes no wildcards; write \\* and \\? for the characters` };
  const bytes = wide === undefined ? Buffer.from(text) : utf16(text, wide);
  const whole = wide === 'utf16' ? Buffer.concat([MARK, bytes]) : bytes;
  const texts = how === 'base64' ? [whole.toString('base64')] : offsets(whole);
  return texts.includes('') ? { fault: `is too short for ${how}` } : texts.map(codePoints);
}

/** By the number of bytes before it in its group: the characters at the start that those have a part in. */
const STARTS = [0, 2, 3] as const;
/** By the bytes in the last group: the characters at the end that what follows, or padding, has a part in. */
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

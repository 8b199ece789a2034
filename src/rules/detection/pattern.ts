/** Exactly one character of any kind. */
export const ONE = -1;
/** Any run of characters, also an empty one. */
export const RUN = -2;

/** Code points, ONE and RUN, in order. Plain data, so that it can be part of a fingerprint. */
export type Pattern = readonly number[];

/**
 * A Sigma value as a pattern. `*` and `?` are wildcards. A backslash before them, or before a backslash, escapes them; before
 * any other character it is a backslash.
 */
export function parsePattern(value: string): Pattern {
  const characters = [...value];
  const pattern: number[] = [];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    const next = characters[i + 1];
    if (character === '\\' && (next === '*' || next === '?' || next === '\\')) {
      pattern.push(next.codePointAt(0)!);
      i++;
    } else pattern.push(character === '*' ? RUN : character === '?' ? ONE : character.codePointAt(0)!);
  }
  return pattern;
}

export const startingWith = (pattern: Pattern): Pattern => [...pattern, RUN];
export const endingWith = (pattern: Pattern): Pattern => [RUN, ...pattern];
export const containing = (pattern: Pattern): Pattern => [RUN, ...pattern, RUN];

/** Replaces each run of plain characters by the result of `change`; wildcards stay. */
export function mapText(pattern: Pattern, change: (text: string) => Iterable<number>): Pattern {
  const made: number[] = [];
  let from = 0;
  for (let i = 0; i <= pattern.length; i++) {
    const token = pattern[i];
    if (token !== undefined && token >= 0) continue;
    if (i > from) for (const one of change(textOf(pattern.slice(from, i)))) made.push(one);
    if (token !== undefined) made.push(token);
    from = i + 1;
  }
  return made;
}

/** The code points of a text: a pattern that matches only this text. */
export const codePoints = (text: string): number[] =>
  Array.from(text, (character) => character.codePointAt(0)!);

/** One by one: an argument list has a bound. */
const textOf = (tokens: Pattern): string => tokens.map((token) => String.fromCodePoint(token)).join('');

/** The text of a pattern without wildcards; undefined for a pattern with wildcards. */
export function literalText(pattern: Pattern): string | undefined {
  return pattern.some((token) => token < 0) ? undefined : textOf(pattern);
}

/** The longest text that a match must hold; '' for a pattern of wildcards alone. */
export function longestText(pattern: Pattern): string {
  let longest = '';
  for (let from = 0, i = 0; i <= pattern.length; i++) {
    if (i < pattern.length && pattern[i]! >= 0) continue;
    const text = textOf(pattern.slice(from, i));
    if (text.length > longest.length) longest = text;
    from = i + 1;
  }
  return longest;
}

/** Whether a whole text matches. The time is at most pattern length times text length. */
export function patternTest(pattern: Pattern): (text: string) => boolean {
  const first = pattern.findIndex((token) => token !== RUN);
  const last = pattern.findLastIndex((token) => token !== RUN);
  if (first < 0) return pattern.length > 0 ? () => true : (text) => text === '';
  const core = literalText(pattern.slice(first, last + 1));
  if (core === undefined) return (text) => fits(pattern, text);
  const openStart = first > 0;
  const openEnd = last < pattern.length - 1;
  if (openStart && openEnd) return (text) => text.includes(core);
  if (openStart) return (text) => text.endsWith(core);
  if (openEnd) return (text) => text.startsWith(core);
  return (text) => text === core;
}

/** Only the last RUN is widened: the length of earlier ones cannot change the answer. */
function fits(pattern: Pattern, text: string): boolean {
  let token = 0;
  let at = 0;
  let run = -1;
  let taken = 0;
  while (at < text.length) {
    const character = text.codePointAt(at)!;
    if (pattern[token] === character || pattern[token] === ONE) {
      token++;
      at += width(character);
    } else if (pattern[token] === RUN) {
      run = token++;
      taken = at;
    } else if (run >= 0) {
      taken += width(text.codePointAt(taken)!);
      at = taken;
      token = run + 1;
    } else return false;
  }
  while (pattern[token] === RUN) token++;
  return token === pattern.length;
}

const width = (codePoint: number): 1 | 2 => (codePoint > 0xffff ? 2 : 1);

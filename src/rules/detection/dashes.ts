import { codePoints, type Pattern } from './pattern.ts';

/** Characters that begin a command-line option: hyphen, slash, en dash, em dash, horizontal bar. */
const DASHES = codePoints('-/\u2013\u2014\u2015');
const [HYPHEN, SLASH] = DASHES;

const WORD = /[\p{L}\p{N}_]/u;

/** The number of variants that dashVariants would make. */
export function countDashVariants(pattern: Pattern): number {
  return DASHES.length ** pattern.filter((_, i) => beginsOption(pattern, i)).length;
}

/** Every way to write a value's options: each `-` or `/` before a word and not after one is replaced by each of DASHES. */
export function dashVariants(pattern: Pattern): readonly Pattern[] {
  let variants: Pattern[] = [[]];
  for (const [i, token] of pattern.entries()) {
    const ways = beginsOption(pattern, i) ? DASHES : [token];
    variants = variants.flatMap((before) => ways.map((one) => [...before, one]));
  }
  return variants;
}

function beginsOption(pattern: Pattern, i: number): boolean {
  const token = pattern[i];
  return (token === HYPHEN || token === SLASH) && !isWord(pattern[i - 1]) && isWord(pattern[i + 1]);
}

function isWord(token: number | undefined): boolean {
  return token !== undefined && token >= 0 && WORD.test(String.fromCodePoint(token));
}

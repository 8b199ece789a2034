/** Stands where a secret was. */
export const REDACTED = '<redacted>';

/** A part of a text: from `start` to before `end`. */
export type TextSpan = readonly [start: number, end: number];

/**
 * Finds the secrets of one shape. Its time grows with the length of the text and no faster, whatever the text is, because
 * clients write the texts: no regular expression here repeats something that what follows it could also match.
 */
export type Finder = (text: string) => Iterable<TextSpan>;

/** What a finder looks for. It is not asked about a text without the hint, which costs less to see. */
export interface Shape {
  readonly hint: RegExp;
  readonly find: Finder;
}

/** The text with REDACTED in place of each span; spans that overlap or touch are one. */
export function without(text: string, spans: readonly TextSpan[]): string {
  const inOrder = [...spans].sort(([a], [b]) => a - b);
  let shown = '';
  let done = 0;
  for (const [start, end] of inOrder) {
    if (end <= done) continue;
    if (start > done || done === 0) shown += text.slice(done, Math.max(done, start)) + REDACTED;
    done = end;
  }
  return shown + text.slice(done);
}

/** The end of the run of `charClass` (a sticky expression of one class) that begins at `from`. */
export function runEnd(charClass: RegExp, text: string, from: number): number {
  charClass.lastIndex = from;
  charClass.test(text);
  return Math.max(from, charClass.lastIndex);
}

/** In a view, the border of two arguments of a command or of two parameters of a query. A URI cannot hold it in any other way. */
export const BORDER = '\0';

/** What ends a value without quotes; in a command `&` does not. */
const BARE = /[^\s\0"'`]*/y;

/** The end of the argument of a command that begins at `start`: up to the border, where there is one before it. */
export function argumentEnd(text: string, start: number, bordered = text[start - 1] === BORDER): number {
  if (!bordered) return runEnd(BARE, text, start);
  const end = text.indexOf(BORDER, start);
  return end < 0 ? text.length : end;
}

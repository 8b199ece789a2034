import { RE2JS } from 're2js';

/** Only a backtracking matcher can do these: look-arounds, atomic groups, possessive repetition, backreferences. */
const BACKTRACKING = /\(\?<?[=!>]|[*+?}]\+|\\[1-9]|\\k/;

/** Why RE2 refuses a regular expression; undefined if it does not. `flags`: bits of RE2JS. */
export function re2Fault(source: string, flags = 0): string | undefined {
  try {
    RE2JS.compile(source, flags);
    return undefined;
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace(/^.*regexp: /, '');
    const hint = BACKTRACKING.test(source)
      ? '; look-arounds, backreferences and possessive repetition are not supported, because their matching time has no bound'
      : '';
    return `is not a regular expression for RE2: ${why}${hint}`;
  }
}

/** Whether an expression matches somewhere in a text, also an empty part of it. */
export const re2Finds = (source: string, text: string): boolean => RE2JS.compile(source).matcher(text).find();

/** Where an expression matches a text: the first group of each match, or all of the match if there is no group in it. */
export function re2Spans(source: string): (text: string) => Iterable<readonly [start: number, end: number]> {
  const expression = RE2JS.compile(source);
  return function* (text) {
    for (const matcher = expression.matcher(text); matcher.find(); ) {
      const group = matcher.groupCount() > 0 && matcher.start(1) >= 0 ? 1 : 0;
      if (matcher.start(group) < matcher.end(group)) yield [matcher.start(group), matcher.end(group)];
    }
  };
}

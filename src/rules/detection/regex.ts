import { RE2JS } from 're2js';
import type { Chain } from './modifiers.ts';
import { literalText, type Pattern, RUN } from './pattern.ts';

const FLAGS = {
  i: RE2JS.CASE_INSENSITIVE,
  ignorecase: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  multiline: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
  dotall: RE2JS.DOTALL,
} as const;

/** What only a matcher that goes back can do: look-arounds, atomic groups, possessive repetition, backreferences. */
const GOES_BACK = /\(\?<?[=!>]|[*+?}]\+|\\[1-9]|\\k/;

/** The flags that a chain sets, as RE2 counts them. */
export function regexFlags({ modifiers }: Chain): number {
  return modifiers.reduce((flags, one) => flags | (FLAGS[one as keyof typeof FLAGS] ?? 0), 0);
}

/** Why RE2 refuses a regular expression; undefined for a good one. */
export function regexFault(source: string, flags: number): string | undefined {
  try {
    RE2JS.compile(source, flags);
    return undefined;
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace(/^.*regexp: /, '');
    const hint = GOES_BACK.test(source)
      ? '; look-arounds, backreferences and possessive repetition have no matcher that is sure to end in time'
      : '';
    return `is no regular expression that RE2 takes: ${why}${hint}`;
  }
}

/** The regular expression for a pattern's text. */
export function quoted(pattern: Pattern): string {
  return pattern
    .map((token) => {
      const text = literalText([token]);
      if (text === undefined) return token === RUN ? '.*' : '.';
      return text.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
    })
    .join('');
}

/**
 * A search, made to find what a whole match would with `.*` put before, behind or around it. Without contains, startswith or
 * endswith a regular expression is found anywhere.
 */
export function placed(source: string, chain: Chain): string {
  const head = chain.has('startswith') && !chain.has('endswith') && !chain.has('contains');
  const tail = chain.has('endswith') && !chain.has('startswith') && !chain.has('contains');
  if (head) return `\\A(?:${source})`;
  return tail ? `(?:${source})\\z` : source;
}

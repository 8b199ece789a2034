import { RE2JS } from 're2js';
import type { ModifierChain } from './modifiers.ts';
import { literalText, type Pattern, RUN } from './pattern.ts';

const FLAGS = {
  i: RE2JS.CASE_INSENSITIVE,
  ignorecase: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  multiline: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
  dotall: RE2JS.DOTALL,
} as const;

/** Only a backtracking matcher can do these: look-arounds, atomic groups, possessive repetition, backreferences. */
const BACKTRACKING = /\(\?<?[=!>]|[*+?}]\+|\\[1-9]|\\k/;

/** The flags that modifiers set, as bits of RE2. */
export function regexFlags({ modifiers }: ModifierChain): number {
  return modifiers.reduce((flags, one) => flags | (FLAGS[one as keyof typeof FLAGS] ?? 0), 0);
}

/** Why RE2 refuses a regular expression; undefined if it does not. */
export function regexFault(source: string, flags: number): string | undefined {
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

/** A pattern as a regular expression. */
export function patternRegex(pattern: Pattern): string {
  return pattern
    .map((token) => {
      const text = literalText([token]);
      if (text === undefined) return token === RUN ? '.*' : '.';
      return text.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
    })
    .join('');
}

/**
 * The expression for a search: anchored for startswith alone, and for endswith alone. With other modifiers, or none, a match may
 * be anywhere.
 */
export function anchored(source: string, chain: ModifierChain): string {
  const head = chain.has('startswith') && !chain.has('endswith') && !chain.has('contains');
  const tail = chain.has('endswith') && !chain.has('startswith') && !chain.has('contains');
  if (head) return `\\A(?:${source})`;
  return tail ? `(?:${source})\\z` : source;
}

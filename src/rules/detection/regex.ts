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

/** The flags that modifiers set, as bits of RE2. */
export function regexFlags({ modifiers }: ModifierChain): number {
  return modifiers.reduce((flags, one) => flags | (FLAGS[one as keyof typeof FLAGS] ?? 0), 0);
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

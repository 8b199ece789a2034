import { RE2JS } from 're2js';
import { networks } from '../lib/address.ts';
import { fold, type TextTest } from './expression.ts';
import { patternTest } from './pattern.ts';

export const REGEX_FLAGS = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
} as const;

/** Why RE2 refuses a regular expression; undefined for a good one. */
export function regexFault(source: string, flags: number): string | undefined {
  try {
    RE2JS.compile(source, flags);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** One test for all of them: true where any passes. Takes the text as it is. */
export function textTest(tests: readonly TextTest[]): (text: string) => boolean {
  const equal = new Set(tests.flatMap((test) => (test.kind === 'equal' ? [test.text] : [])));
  const patterns = tests.flatMap((test) => (test.kind === 'pattern' ? [patternTest(test.pattern)] : []));
  const regexes = tests.flatMap((test) =>
    test.kind === 'regex' ? [RE2JS.compile(test.source, test.flags)] : [],
  );
  const blocks = tests.flatMap((test) => (test.kind === 'cidr' ? [test.network] : []));

  const ways: ((text: string) => boolean)[] = [];
  if (equal.size > 0 || patterns.length > 0) {
    ways.push((text) => {
      const folded = fold(text);
      return equal.has(folded) || patterns.some((fits) => fits(folded));
    });
  }
  if (blocks.length > 0) {
    const set = networks(blocks);
    ways.push((text) => set.contains(text));
  }
  if (regexes.length > 0) ways.push((text) => regexes.some((regex) => regex.test(text)));
  return ways.length === 1 ? ways[0]! : (text) => ways.some((passes) => passes(text));
}

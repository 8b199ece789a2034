import type { Steps } from '../../lib/steps.ts';
import type { Lists } from '../source/value-lists.ts';
import { makingValues } from './item-tests.ts';
import { parseModifiers } from './modifiers.ts';

/**
 * Makes the tests of all values under `expand` in a document, in steps. A rule is parsed in one step, which then finds them. Faults
 * are left to the parser.
 */
export function* expandingLists(document: unknown, lists: Lists, seen = new Set<unknown>()): Steps<void> {
  // An alias may stand in its own anchor.
  if (typeof document !== 'object' || document === null || seen.has(document)) return;
  seen.add(document);
  for (const [key, value] of Object.entries(document)) {
    yield* expandingLists(value, lists, seen);
    const [field = '', ...words] = key.split('|');
    const chain = words.includes('expand') ? parseModifiers(words, field) : { faults: [] };
    if (!('faults' in chain)) yield* makingValues(Array.isArray(value) ? value : [value], chain, lists);
  }
}

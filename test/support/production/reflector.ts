import type { Micros } from '../../../src/model/time.ts';
import type { Client } from './accounts.ts';
import type { Call } from './call.ts';
import type { Dice } from './dice.ts';
import { type KindName, type Target, target } from './kinds.ts';
import { after, MINUTE, SECOND } from './schedule.ts';

// What client-go's reflectors send: a list, then a watch from its version on, made anew every five to ten minutes.

/** A watch from a known version on. */
export function watch(by: Client, at: Micros, to: Target, dice: Dice, selector = ''): Call {
  const seconds = 300 + dice.below(300);
  const query = `allowWatchBookmarks=true&${selector}resourceVersion=${version(at)}&timeout=${Math.floor(seconds / 60)}m${seconds % 60}s&timeoutSeconds=${seconds}&watch=true`;
  return { at, by, verb: 'watch', to, query: fieldSelector(to) + query, lasts: seconds * SECOND };
}

/** The list that begins it: the API server may answer from its cache. */
export const firstList = (by: Client, at: Micros, to: Target, selector = ''): Call => ({
  at,
  by,
  verb: 'list',
  to,
  query: `${fieldSelector(to)}${selector}limit=500&resourceVersion=0`,
});

/** What a controller sends when its pod starts: list and watch of each kind, in the whole cluster or in a namespace. */
export function starts(
  by: Client,
  at: Micros,
  kinds: readonly KindName[],
  dice: Dice,
  { namespace, selectors = {} }: { namespace?: string; selectors?: Partial<Record<KindName, string>> } = {},
): readonly Call[] {
  return kinds.flatMap((kind) => {
    const began = after(at, dice.below(4 * SECOND));
    const to = target(kind, namespace);
    const selector = selectors[kind] ?? '';
    return [firstList(by, began, to, selector), watch(by, after(began, SECOND), to, dice, selector)];
  });
}

const fieldSelector = (to: Target): string =>
  'selected' in to && to.selected !== undefined ? `fieldSelector=metadata.name%3D${to.selected}&` : '';

/** Resource versions grow with time. */
const version = (at: Micros): number => Math.floor(at / MINUTE) * 7;

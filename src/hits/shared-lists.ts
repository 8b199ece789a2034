import { RecentlyUsed } from '../lib/recently-used.ts';

/** Lists that are cached. */
export const SHARED_LISTS_MAX = 4096;
/** Characters of a text whose list is cached: 4,096 of them stay within 2 MB. */
export const SHARED_TEXT_MAX = 128;

const lists = new RecentlyUsed<string, readonly string[]>({ max: SHARED_LISTS_MAX });

/**
 * A list of this one text: the same object for the same text, as long as it is cached. Users, agents, verbs and codes
 * come again and again, and windows hold them for hours.
 */
export function sharedList(text: string): readonly string[] {
  if (text.length > SHARED_TEXT_MAX) return [text];
  const list = lists.get(text);
  if (list !== undefined) return list;
  const made: readonly string[] = [text];
  lists.set(text, made);
  return made;
}

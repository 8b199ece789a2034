/** Lists that are remembered; when there are more, all are forgotten at once. */
export const SHARED_LISTS_MAX = 4096;
/** Characters of a text whose list is remembered: 4,096 of them stay within 2 MB. */
export const SHARED_TEXT_MAX = 128;

const known = new Map<string, readonly string[]>();

/**
 * A list of this one text: the same object for the same text, as long as it is remembered. Users, agents, verbs and codes
 * come again and again, and windows hold them for hours.
 */
export function sharedList(text: string): readonly string[] {
  if (text.length > SHARED_TEXT_MAX) return [text];
  const list = known.get(text);
  if (list !== undefined) return list;
  if (known.size >= SHARED_LISTS_MAX) known.clear();
  const made: readonly string[] = [text];
  known.set(text, made);
  return made;
}

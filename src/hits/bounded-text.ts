import { digest } from '../lib/digest.ts';

/** Characters of one group value or collected value; longer ones are cut. */
export const TEXT_MAX = 2048;
/** Stands between the beginning of a cut text and the digest of the whole text, which keeps distinct texts distinct. */
const MARK = '…';
const DIGEST_LENGTH = digest([]).length;

export function bounded(text: string): string {
  if (text.length <= TEXT_MAX) return text;
  return head(text, TEXT_MAX - DIGEST_LENGTH - MARK.length) + MARK + digest([text]);
}

/** Whether a text is one that `bounded` cut. */
export function isCut(text: string): boolean {
  return text.length === TEXT_MAX && text.startsWith(MARK, TEXT_MAX - DIGEST_LENGTH - MARK.length);
}

/** A copy, since a slice would keep the text of the whole event in memory for as long as a window holds the hit. */
export function head(text: string, length: number): string {
  return Buffer.from(text.slice(0, length)).toString();
}

import { digest } from '../lib/digest.ts';

/** Characters of one group value or collected value; a longer one is cut. */
export const TEXT_MAX = 2048;
/** What stands between a cut text and the digest of the whole, which keeps distinct ones distinct. */
const MARK = '…';
const DIGEST_LENGTH = digest([]).length;

export function bounded(text: string): string {
  if (text.length <= TEXT_MAX) return text;
  return head(text, TEXT_MAX - DIGEST_LENGTH - MARK.length) + MARK + digest([text]);
}

/** Whether a text came out of `bounded` shorter than it was. */
export function isCut(text: string): boolean {
  return text.length === TEXT_MAX && text.startsWith(MARK, TEXT_MAX - DIGEST_LENGTH - MARK.length);
}

/** A copy: a slice would hold the whole event's text in memory for as long as a window holds the hit. */
export function head(text: string, length: number): string {
  return Buffer.from(text.slice(0, length)).toString();
}

import { digest } from '../lib/hash.ts';
import type { Scalar } from '../model/event.ts';

/** Characters of one group value; a longer one is cut and ends in a digest of the whole, so that distinct ones stay distinct. */
export const GROUP_TEXT_MAX = 1024;
/** Characters of one collected value; a longer one is cut and ends in '…', so that two of them may become one. */
export const VALUE_TEXT_MAX = 2048;

/** A scalar as JSON prints it, strings without quotes; undefined for null. */
export function scalarText(scalar: Scalar | undefined): string | undefined {
  return scalar === null || scalar === undefined ? undefined : String(scalar);
}

export function groupText(text: string): string {
  if (text.length <= GROUP_TEXT_MAX) return text;
  const mark = `…${digest([text])}`;
  return head(text, GROUP_TEXT_MAX - mark.length) + mark;
}

export function valueText(text: string): string {
  return text.length <= VALUE_TEXT_MAX ? text : `${head(text, VALUE_TEXT_MAX - 1)}…`;
}

/** A copy: a slice would hold the whole event's text in memory for as long as a window holds the hit. */
export function head(text: string, length: number): string {
  return Buffer.from(text.slice(0, length)).toString();
}

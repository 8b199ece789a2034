import { TEXTS } from '../envelopes/table.ts';

/** Characters of all prefixes of one line. */
const PREFIX_MAX = 1024;
/** A line of klog in a line of CRI has two. */
const PREFIXES_MAX = 3;

const NEWLINE = 0x0a;
const OPEN_OBJECT = 0x7b;

/** Where the document begins that stands behind a known prefix at `start`; -1 where there is no such prefix. */
export function afterPrefix(bytes: Uint8Array, start: number, end: number): number {
  const last = Math.min(end, start + PREFIX_MAX);
  let brace = start;
  for (; brace < last; brace++) {
    const byte = bytes[brace]!;
    if (byte === OPEN_OBJECT) break;
    if (byte === NEWLINE || byte === 0 || byte >= 0x80) return -1;
  }
  if (brace === last) return -1;
  const text = String.fromCharCode(...bytes.subarray(start, brace + 1));
  let at = 0;
  for (let i = 0; i < PREFIXES_MAX && start + at < brace; i++) {
    const next = matched(text, at);
    if (next < 0) return -1;
    at = next;
  }
  return start + at === brace ? brace : -1;
}

function matched(text: string, at: number): number {
  for (const { prefix } of TEXTS) {
    prefix.lastIndex = at;
    if (prefix.test(text)) return prefix.lastIndex;
  }
  return -1;
}

import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { unreadable } from '../lib/unreadable.ts';

const GZIP = Buffer.from([0x1f, 0x8b]);

/**
 * The text of a file that another system wrote, or why it is none. In another encoding than UTF-8, its names and values would be
 * others: that is a fault, and no replacement characters.
 */
export function textFile(path: string): { readonly text: string } | { readonly why: string } {
  try {
    const bytes = readFileSync(path);
    if (bytes.subarray(0, GZIP.length).equals(GZIP)) return { why: 'is compressed (gzip); unpack it first' };
    // UTF-16 without its mark is UTF-8 with NUL in it.
    if (!isUtf8(bytes) || bytes.includes(0)) return { why: 'is not UTF-8 text; convert it first' };
    return { text: bytes.toString('utf8') };
  } catch (error) {
    return { why: `cannot be read: ${unreadable(error)}` };
  }
}

import { readFileSync } from 'node:fs';
import { unreadable } from '../lib/unreadable.ts';

/** The text of a file of the user, or why it cannot be read. */
export function userFile(path: string): { readonly text: string } | { readonly why: string } {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { why: `cannot be read: ${unreadable(error)}` };
  }
}

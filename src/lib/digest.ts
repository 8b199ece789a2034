import { createHash, hash } from 'node:crypto';
import type { Steps } from './steps.ts';

const LENGTH = 32;
const COPY = Buffer.alloc(2 * LENGTH);

/** The first 128 bits of SHA-256 over a JSON array, as hex: the form of every identity and id. */
export function digest(parts: readonly unknown[]): string {
  return firstBits(hash('sha256', JSON.stringify(parts)));
}

/** A slice would keep all 256 bits in memory, for as long as windows hold an identity. */
function firstBits(hex: string): string {
  COPY.write(hex, 'latin1');
  return COPY.toString('latin1', 0, LENGTH);
}

/** Characters of JSON that are made and hashed in one step: half a millisecond of work. */
const CHARACTERS_A_STEP = 100_000;

/** `digest` in steps, for what may be megabytes of JSON. */
export function* digesting(parts: readonly unknown[]): Steps<string> {
  const sum = createHash('sha256');
  let text = '';
  for (const piece of jsonPieces(parts)) {
    text += piece;
    if (text.length < CHARACTERS_A_STEP) continue;
    sum.update(text);
    text = '';
    yield;
  }
  return firstBits(sum.update(text).digest('hex'));
}

/** What JSON.stringify gives, in pieces: one for each member of an array, also of one within an array. */
function* jsonPieces(values: readonly unknown[]): Iterable<string> {
  yield '[';
  for (const [i, value] of values.entries()) {
    if (i > 0) yield ',';
    if (Array.isArray(value)) yield* jsonPieces(value);
    else yield JSON.stringify(value) ?? 'null';
  }
  yield ']';
}

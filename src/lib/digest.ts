import { hash } from 'node:crypto';

const LENGTH = 32;
const COPY = Buffer.alloc(2 * LENGTH);

/** The first 128 bits of SHA-256 over a JSON array, as hex: the form of every identity and id. */
export function digest(parts: readonly unknown[]): string {
  // A slice would keep all 256 bits in memory, for as long as windows hold an identity.
  COPY.write(hash('sha256', JSON.stringify(parts)), 'latin1');
  return COPY.toString('latin1', 0, LENGTH);
}

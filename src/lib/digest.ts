import { hash } from 'node:crypto';

/** The first 128 bits of SHA-256 over a JSON array, as hex: the form of every identity and id. */
export function digest(parts: readonly unknown[]): string {
  return hash('sha256', JSON.stringify(parts)).slice(0, 32);
}

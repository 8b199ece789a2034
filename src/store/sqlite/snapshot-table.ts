import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { type Blob, checked } from './checked-blob.ts';

/** Parts of the snapshot, and of one that is not finished. */
export class SnapshotTable {
  readonly #insert;
  readonly #one;
  readonly #allBut;
  readonly #after;
  readonly #bytes;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO part (snapshot, number, crc, bytes) VALUES (?, ?, ?, ?)');
    this.#one = db.prepare('DELETE FROM part WHERE snapshot = ?');
    this.#allBut = db.prepare('DELETE FROM part WHERE snapshot <> ?');
    this.#after = db.prepare(
      'SELECT number, crc, bytes FROM part WHERE snapshot = ? AND number > ? ORDER BY number LIMIT 1',
    );
    this.#bytes = db.prepare('SELECT total(length(bytes)) AS bytes FROM part WHERE snapshot = ?');
  }

  add(snapshot: number, number: number, bytes: Uint8Array): void {
    this.#insert.run(snapshot, number, crc32(bytes), bytes);
  }

  remove(snapshot: number): void {
    this.#one.run(snapshot);
  }

  keepOnly(snapshot: number): void {
    this.#allBut.run(snapshot);
  }

  /** The part behind a number. undefined: there is none. */
  after(
    snapshot: number,
    number: number,
  ): { readonly number: number; readonly bytes: Uint8Array } | undefined {
    const row = this.#after.get(snapshot, number);
    if (row === undefined) return undefined;
    const part = row as unknown as Blob & { number: number };
    return { number: part.number, bytes: checked('part', `${snapshot}/${part.number}`, part) };
  }

  bytesOf(snapshot: number): number {
    return this.#bytes.get(snapshot)!['bytes'] as number;
  }
}

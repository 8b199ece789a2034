import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { type Blob, checked } from './checked-blob.ts';

export interface StoredBlock {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** Blocks of journal entries that no snapshot has replaced. */
export class JournalTable {
  readonly #insert;
  readonly #upTo;
  readonly #after;
  readonly #sum;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO block (number, crc, bytes) VALUES (?, ?, ?)');
    this.#upTo = db.prepare('DELETE FROM block WHERE number <= ?');
    this.#after = db.prepare('SELECT number, crc, bytes FROM block WHERE number > ? ORDER BY number');
    this.#sum = db.prepare('SELECT max(number) AS last, total(length(bytes)) AS bytes FROM block');
  }

  add({ number, bytes }: StoredBlock): void {
    this.#insert.run(number, crc32(bytes), bytes);
  }

  cut(upTo: number): void {
    this.#upTo.run(upTo);
  }

  /** The next blocks in order, up to about `room` bytes and one at least. Empty: there are no more. */
  after(number: number, room: number): readonly StoredBlock[] {
    const blocks: StoredBlock[] = [];
    let left = room;
    for (const row of this.#after.iterate(number)) {
      const block = row as unknown as Blob & StoredBlock;
      blocks.push({ number: block.number, bytes: checked('block', block.number, block) });
      left -= block.bytes.length;
      if (left <= 0) break;
    }
    return blocks;
  }

  sum(): { readonly last: number; readonly bytes: number } {
    const { last, bytes } = this.#sum.get()!;
    return { last: (last as number | null) ?? 0, bytes: bytes as number };
  }
}

import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Micros } from '../../model/time.ts';
import type { WaitingEvent } from '../store.ts';
import { DamagedRow } from './checked-blob.ts';
import { databaseFile } from './database-file.ts';
import { reading } from './faults.ts';
import { JournalTable, type StoredBlock } from './journal-table.ts';
import { type OpenOptions, openDatabase } from './open-database.ts';
import { OutboxTables } from './outbox-tables.ts';
import { type PackedCommit, unpacked } from './packed-commit.ts';
import { SnapshotTable } from './snapshot-table.ts';
import { type Transaction, transactions } from './transaction.ts';

/** Bytes of blocks in one answer. */
const BLOCKS_ROOM = 4 * 2 ** 20;
/** Events that are forgotten in one transaction. */
const FORGOTTEN_MAX = 1000;

/** The file itself, with calls that wait for the disk. What SQLite and the system throw goes through: faults.ts says what it means. */
export class StoreFile {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #transaction: Transaction;
  readonly #journal: JournalTable;
  readonly #snapshots: SnapshotTable;
  readonly #outbox: OutboxTables;
  readonly #state;
  readonly #setSeq;
  readonly #setSnapshot;
  /** Of the snapshot that counts; those that are written have higher ones. */
  #snapshot: number;
  #nextSnapshot: number;
  /** By the number that the caller gave to a snapshot that is being written. */
  readonly #unfinished = new Map<number, { readonly id: number; parts: number }>();
  #journalBytes: number;
  readonly last: { readonly block: number; readonly seq: number };

  constructor(directory: string, options: OpenOptions = {}) {
    this.#path = databaseFile(directory);
    this.#db = openDatabase(directory, options);
    try {
      this.#transaction = transactions(this.#db);
      this.#journal = new JournalTable(this.#db);
      this.#snapshots = new SnapshotTable(this.#db);
      this.#outbox = new OutboxTables(this.#db);
      this.#state = this.#db.prepare('SELECT cut, seq, snapshot FROM state');
      this.#setSeq = this.#db.prepare('UPDATE state SET seq = max(seq, ?)');
      this.#setSnapshot = this.#db.prepare('UPDATE state SET snapshot = ?, cut = max(cut, ?)');
      const { cut, seq, snapshot } = this.#readState();
      this.#snapshot = snapshot;
      reading('part', () => this.#transaction(() => this.#snapshots.keepOnly(snapshot)));
      this.#nextSnapshot = snapshot + 1;
      const { last, bytes } = reading('block', () => this.#journal.sum());
      this.#journalBytes = bytes;
      this.last = { block: Math.max(cut, last), seq };
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  commit(commit: PackedCommit): void {
    const { block, events, settled } = unpacked(commit);
    this.#transaction(() => {
      if (block) this.#journal.add(block);
      for (const event of events) this.#outbox.add(event);
      if (events.length > 0) this.#setSeq.run(events.reduce((most, { seq }) => Math.max(most, seq), 0));
      for (const { to, seqs } of settled) this.#outbox.settle(to, seqs);
    });
    this.#journalBytes += block?.bytes.length ?? 0;
  }

  take(to: string, max: number, lent: readonly number[], which: 'first' | 'worst'): readonly WaitingEvent[] {
    return reading('event', () => this.#outbox.take(to, max, lent, which));
  }

  waiting(): ReadonlyMap<string, { readonly left: number; readonly oldest: Micros }> {
    return reading('waiting', () => this.#outbox.waiting());
  }

  oldest(to: string): Micros | undefined {
    return reading('waiting', () => this.#outbox.oldest(to));
  }

  /** In several transactions, so that one of a million events does not fill the WAL. */
  forget(to: string): number {
    let forgotten = 0;
    while (true) {
      const seqs = this.#outbox.some(to, FORGOTTEN_MAX);
      if (seqs.length === 0) return forgotten;
      this.#transaction(() => this.#outbox.settle(to, seqs));
      forgotten += seqs.length;
    }
  }

  snapshotPart(snapshot: number, bytes: Uint8Array): void {
    const { id, parts } = this.#unfinishedOf(snapshot);
    this.#transaction(() => this.#snapshots.add(id, parts + 1, bytes));
    this.#unfinished.get(snapshot)!.parts++;
  }

  finishSnapshot(snapshot: number, block: number): void {
    const { id } = this.#unfinishedOf(snapshot);
    this.#transaction(() => {
      this.#setSnapshot.run(id, block);
      this.#snapshots.keepOnly(id);
      this.#journal.cut(block);
    });
    this.#snapshot = id;
    this.#unfinished.clear();
    this.#journalBytes = this.#journal.sum().bytes;
  }

  dropSnapshot(snapshot: number): void {
    const unfinished = this.#unfinished.get(snapshot);
    if (!unfinished) return;
    this.#unfinished.delete(snapshot);
    this.#transaction(() => this.#snapshots.remove(unfinished.id));
  }

  partAfter(number: number): { readonly number: number; readonly bytes: Uint8Array } | undefined {
    return reading('part', () => this.#snapshots.after(this.#snapshot, number));
  }

  blocksAfter(number: number): readonly StoredBlock[] {
    return reading('block', () => this.#journal.after(number, BLOCKS_ROOM));
  }

  size(): { readonly file: number; readonly journal: number; readonly snapshot: number } {
    return {
      file: bytesAt(this.#path) + bytesAt(`${this.#path}-wal`),
      journal: this.#journalBytes,
      snapshot: this.#snapshots.bytesOf(this.#snapshot),
    };
  }

  close(): void {
    this.#db.close();
  }

  #unfinishedOf(snapshot: number): { readonly id: number; readonly parts: number } {
    let unfinished = this.#unfinished.get(snapshot);
    if (!unfinished) {
      unfinished = { id: this.#nextSnapshot++, parts: 0 };
      this.#unfinished.set(snapshot, unfinished);
    }
    return unfinished;
  }

  #readState(): { readonly cut: number; readonly seq: number; readonly snapshot: number } {
    const state = reading('state', () => this.#state.get());
    if (state === undefined) throw new DamagedRow('state', 1, 'it is missing');
    return state as { cut: number; seq: number; snapshot: number };
  }
}

const bytesAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

import type { DatabaseSync } from 'node:sqlite';
import { kindOf } from './faults.ts';

/** `work` as a whole or not at all. Throws what it throws, and then nothing was changed. */
export type Transaction = <T>(work: () => T) => T;

export function transactions(db: DatabaseSync): Transaction {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  const once: Transaction = (work) => {
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      try {
        rollback.run();
      } catch {
        // After some errors SQLite has done it by itself.
      }
      throw error;
    }
  };
  return (work) => {
    try {
      return once(work);
    } catch (error) {
      if (kindOf(error) !== 'full') throw error;
      // What is in the WAL may fit into the file, which has free pages; then the WAL is written from its beginning again.
      db.exec('PRAGMA wal_checkpoint(RESTART)');
      return once(work);
    }
  };
}

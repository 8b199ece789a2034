import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { StoreFault } from '../store.ts';
import { type Blob, DamagedRow, isWhole, WRONG } from './checked-blob.ts';
import { databaseFile } from './database-file.ts';
import { faultOf, kindOf, reading } from './faults.ts';
import { formatOf, lockedDatabase } from './open-database.ts';

/** What was found, and the damage, one line each. */
export interface StoreReport {
  readonly format: number;
  readonly blocks: Tally;
  readonly parts: Tally;
  /** Unfinished, and removed at the next start. */
  readonly unfinished: Tally;
  readonly events: Tally;
  /** By destination: how many events wait. */
  readonly waiting: ReadonlyMap<string, number>;
  readonly damage: readonly string[];
}

interface Tally {
  readonly rows: number;
  readonly bytes: number;
}

/** Damage is reported up to here: every page of a file may be wrong. */
const DAMAGE_MAX = 20;
const NONE: Tally = { rows: 0, bytes: 0 };
const NOBODY: ReadonlyMap<string, number> = new Map();

/** Reads the whole file of a directory, and changes nothing of what it says. undefined: there is none. */
export function checkDatabase(directory: string): StoreReport | StoreFault | undefined {
  if (!existsSync(databaseFile(directory))) return undefined;
  let db: DatabaseSync | undefined;
  try {
    db = lockedDatabase(directory);
    return report(db, formatOf(db, directory));
  } catch (error) {
    return faultOf(error, directory);
  } finally {
    db?.close();
  }
}

function report(db: DatabaseSync, format: number): StoreReport {
  const damage: string[] = [];
  /** What can be read of a table; the rest of it is damage. */
  const readable = <T>(table: string, otherwise: T, read: () => T): T => {
    try {
      return reading(table, read);
    } catch (error) {
      if (kindOf(error) !== 'damaged') throw error;
      damage.push((error as Error).message);
      return otherwise;
    }
  };
  const tally = (table: string, row: string, where = 'true') =>
    readable(table, NONE, () => tallyOf(db, { table, row, where }, damage));
  if (format === 0)
    return { format, blocks: NONE, parts: NONE, unfinished: NONE, events: NONE, waiting: NOBODY, damage };
  readable('sqlite_schema', undefined, () => damage.push(...sayings(db)));
  const snapshot = readable('state', 0, () => snapshotOf(db));
  const found = {
    format,
    blocks: tally('block', 'number'),
    parts: tally('part', "snapshot || '/' || number", `snapshot = ${snapshot}`),
    unfinished: tally('part', "snapshot || '/' || number", `snapshot <> ${snapshot}`),
    events: tally('event', 'seq'),
    waiting: readable('waiting', NOBODY, () => waitingIn(db)),
  };
  readable('waiting', undefined, () => damage.push(...orphans(db)));
  return { ...found, damage: damage.slice(0, DAMAGE_MAX) };
}

/** SQLite's own check of its pages and indexes. */
function sayings(db: DatabaseSync): readonly string[] {
  return db
    .prepare(`PRAGMA integrity_check(${DAMAGE_MAX})`)
    .all()
    .map((row) => String(row['integrity_check']))
    .filter((text) => text !== 'ok');
}

function snapshotOf(db: DatabaseSync): number {
  const state = db.prepare('SELECT snapshot FROM state').get();
  if (!state) throw new DamagedRow('state', 1, 'it is missing');
  return state['snapshot'] as number;
}

/** Counts rows and compares their checksums. `row`: the expression that names one. */
function tallyOf(
  db: DatabaseSync,
  of: { readonly table: string; readonly row: string; readonly where: string },
  damage: string[],
): Tally {
  let [rows, bytes] = [0, 0];
  const all = db.prepare(`SELECT ${of.row} AS row, crc, bytes FROM ${of.table} WHERE ${of.where}`);
  for (const found of all.iterate()) {
    const blob = found as unknown as Blob & { readonly row: string | number };
    rows++;
    bytes += blob.bytes.length;
    if (!isWhole(blob) && damage.length < DAMAGE_MAX)
      damage.push(new DamagedRow(of.table, blob.row, WRONG).message);
  }
  return { rows, bytes };
}

function waitingIn(db: DatabaseSync): ReadonlyMap<string, number> {
  const rows = db
    .prepare('SELECT destination, count(*) AS waiting FROM waiting GROUP BY destination ORDER BY destination')
    .all() as { destination: string; waiting: number }[];
  return new Map(rows.map(({ destination, waiting }) => [destination, waiting]));
}

/** Rows that refer to no event, and events to which none refers. */
function orphans(db: DatabaseSync): readonly string[] {
  const seqs = (query: string) =>
    db
      .prepare(`${query} LIMIT ${DAMAGE_MAX}`)
      .all()
      .map(({ seq }) => seq as number);
  return [
    ...seqs('SELECT DISTINCT seq FROM waiting WHERE seq NOT IN (SELECT seq FROM event)').map(
      (seq) => new DamagedRow('event', seq, 'it is missing').message,
    ),
    ...seqs('SELECT seq FROM event WHERE seq NOT IN (SELECT seq FROM waiting)').map(
      (seq) => new DamagedRow('event', seq, 'it waits for no destination').message,
    ),
  ];
}

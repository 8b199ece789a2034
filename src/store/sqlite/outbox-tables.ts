import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { LEVELS } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import type { StoredEvent, WaitingEvent } from '../store.ts';
import { type Blob, checked, DamagedRow } from './checked-blob.ts';

/** Each event once, and a row for each destination that has not settled it. */
export class OutboxTables {
  readonly #insertEvent;
  readonly #insertWaiting;
  readonly #deleteWaiting;
  readonly #deleteEvent;
  readonly #ofPriority;
  readonly #firstOfPriority;
  readonly #event;
  readonly #ofDestination;
  readonly #byDestination;

  constructor(db: DatabaseSync) {
    this.#insertEvent = db.prepare('INSERT INTO event (seq, crc, bytes) VALUES (?, ?, ?)');
    this.#insertWaiting = db.prepare(
      'INSERT OR IGNORE INTO waiting (seq, destination, priority, since) VALUES (?, ?, ?, ?)',
    );
    this.#deleteWaiting = db.prepare('DELETE FROM waiting WHERE seq = ? AND destination = ?');
    this.#deleteEvent = db.prepare(
      'DELETE FROM event WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM waiting WHERE seq = ?1)',
    );
    this.#ofPriority = db.prepare(
      'SELECT seq, since FROM waiting WHERE destination = ? AND priority = ? ORDER BY seq',
    );
    this.#firstOfPriority = db.prepare(
      'SELECT since FROM waiting WHERE destination = ? AND priority = ? ORDER BY seq LIMIT 1',
    );
    this.#event = db.prepare('SELECT crc, bytes FROM event WHERE seq = ?');
    this.#ofDestination = db.prepare('SELECT seq FROM waiting WHERE destination = ? LIMIT ?');
    this.#byDestination = db.prepare(
      'SELECT destination, count(*) AS left, min(since) AS oldest FROM waiting GROUP BY destination',
    );
  }

  add({ seq, priority, since, to, bytes }: StoredEvent): void {
    if (to.length === 0) return;
    this.#insertEvent.run(seq, crc32(bytes), bytes);
    for (const destination of to) this.#insertWaiting.run(seq, destination, priority, since);
  }

  settle(to: string, seqs: readonly number[]): void {
    for (const seq of seqs) {
      if (this.#deleteWaiting.run(seq, to).changes > 0) this.#deleteEvent.run(seq);
    }
  }

  take(to: string, max: number, lent: readonly number[], which: 'first' | 'worst'): readonly WaitingEvent[] {
    const isLent = new Set(lent);
    const taken: WaitingEvent[] = [];
    for (const priority of which === 'first' ? MOST_SEVERE_FIRST : LEAST_SEVERE_FIRST) {
      if (taken.length >= max) break;
      for (const row of this.#ofPriority.iterate(to, priority)) {
        const { seq, since } = row as { seq: number; since: Micros };
        if (isLent.has(seq)) continue;
        taken.push({ seq, since, bytes: this.#bytesOf(seq) });
        if (taken.length >= max) break;
      }
    }
    return taken;
  }

  /** Up to `max` of a destination, in any order. */
  some(to: string, max: number): readonly number[] {
    return this.#ofDestination.all(to, max).map(({ seq }) => seq as number);
  }

  waiting(): ReadonlyMap<string, { readonly left: number; readonly oldest: Micros }> {
    const rows = this.#byDestination.all() as { destination: string; left: number; oldest: Micros }[];
    return new Map(rows.map(({ destination, left, oldest }) => [destination, { left, oldest }]));
  }

  /** Within a priority, events came in the order of their numbers. */
  oldest(to: string): Micros | undefined {
    const firsts = LEAST_SEVERE_FIRST.flatMap((priority) => {
      const first = this.#firstOfPriority.get(to, priority);
      return first === undefined ? [] : [first['since'] as Micros];
    });
    return firsts.length === 0 ? undefined : (Math.min(...firsts) as Micros);
  }

  #bytesOf(seq: number): Uint8Array {
    const blob = this.#event.get(seq);
    if (blob === undefined) throw new DamagedRow('event', seq, 'it is missing');
    return checked('event', seq, blob as unknown as Blob);
  }
}

const LEAST_SEVERE_FIRST = LEVELS.map((_, i) => i);
const MOST_SEVERE_FIRST = LEAST_SEVERE_FIRST.toReversed();

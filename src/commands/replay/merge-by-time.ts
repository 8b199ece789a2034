import TinyQueue from 'tinyqueue';
import type { Micros } from '../../model/time.ts';

export interface Timed {
  readonly at: Micros;
}

/** How much may wait to be put in order, of all sources together. When it is full, the earliest one goes on; anything earlier that follows is late. */
export interface Room {
  readonly things: number;
  readonly bytes: number;
}

interface Waiting<T> {
  readonly at: Micros;
  readonly source: number;
  /** Counts in the order of reading. */
  readonly seq: number;
  readonly thing: T;
  readonly bytes: number;
}

interface Source<T> {
  readonly number: number;
  readonly rest: AsyncIterator<T>;
  /** The greatest time read so far. */
  at: number;
}

/**
 * Merges sources by event time; equal times keep their order. It always reads the source that is furthest behind, so sources
 * that are in order are merged in order with any room.
 */
export async function* merged<T extends Timed>(
  from: readonly AsyncIterable<T>[],
  room: Room,
  costOf: (thing: T) => number,
): AsyncGenerator<T> {
  const waiting = new TinyQueue<Waiting<T>>(
    [],
    (a, b) => a.at - b.at || a.source - b.source || a.seq - b.seq,
  );
  const sources = new TinyQueue<Source<T>>(
    from.map((source, number) => ({ number, rest: source[Symbol.asyncIterator](), at: -1 })),
    (a, b) => a.at - b.at || a.number - b.number,
  );
  let held = 0;
  let seq = 0;
  for (let behind = sources.pop(); behind !== undefined; behind = sources.pop()) {
    const { value: thing, done } = await behind.rest.next();
    if (!done) {
      const bytes = costOf(thing);
      waiting.push({ at: thing.at, source: behind.number, seq: seq++, thing, bytes });
      held += bytes;
      behind.at = Math.max(behind.at, thing.at);
      sources.push(behind);
    }
    const settled = sources.peek()?.at ?? Number.POSITIVE_INFINITY;
    const isFull = () => sources.length === 0 || waiting.length > room.things || held > room.bytes;
    while (waiting.length > 0 && isFull() && waiting.peek()!.at <= settled) {
      const next = waiting.pop()!;
      held -= next.bytes;
      yield next.thing;
    }
  }
}

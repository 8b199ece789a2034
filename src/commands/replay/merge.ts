import TinyQueue from 'tinyqueue';
import type { Micros } from '../../model/time.ts';

export interface Timed {
  readonly at: Micros;
}

/** Things of one file that may wait to be put in order; beyond it the earliest goes on, and what comes earlier still is late. */
export const REORDER_MAX = 100_000;

const byTime = (a: Timed, b: Timed) => a.at - b.at;

/** Puts one file's things in order as far as a bounded buffer allows. */
async function* inOrder<T extends Timed>(source: AsyncIterable<T>, most: number): AsyncGenerator<T> {
  const waiting = new TinyQueue<T>([], byTime);
  for await (const thing of source) {
    waiting.push(thing);
    if (waiting.length > most) yield waiting.pop()!;
  }
  while (waiting.length > 0) yield waiting.pop()!;
}

/** Merges files by event time. Ties keep the order of the files. */
export async function* merged<T extends Timed>(
  sources: readonly AsyncIterable<T>[],
  most = REORDER_MAX,
): AsyncGenerator<T> {
  const heads = new TinyQueue<Timed & { thing: T; file: number; rest: AsyncGenerator<T> }>(
    [],
    (a, b) => byTime(a, b) || a.file - b.file,
  );
  const advance = async (rest: AsyncGenerator<T>, file: number) => {
    const { value, done } = await rest.next();
    if (!done) heads.push({ at: value.at, thing: value, file, rest });
  };
  for (const [file, source] of sources.entries()) await advance(inOrder(source, most), file);
  while (heads.length > 0) {
    const { thing, rest, file } = heads.pop()!;
    yield thing;
    await advance(rest, file);
  }
}

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { merged } from '../../../../src/commands/replay/merge-by-time.ts';
import type { Micros } from '../../../../src/model/time.ts';
import { runs } from '../../../support/property.ts';

const ENOUGH = { things: 100_000, bytes: 100_000 };

interface Thing {
  readonly at: Micros;
  readonly name: string;
}

async function* from(times: readonly number[], file: number, onRead = () => {}): AsyncGenerator<Thing> {
  for (const [i, at] of times.entries()) {
    onRead();
    yield { at: at as Micros, name: `${file}.${i}` };
  }
}

async function all(files: readonly (readonly number[])[], room = ENOUGH): Promise<readonly Thing[]> {
  const things = merged(
    files.map((times, file) => from(times, file)),
    room,
    () => 1,
  );
  const out: Thing[] = [];
  for await (const thing of things) out.push(thing);
  return out;
}

const files = fc.array(fc.array(fc.nat(1000), { maxLength: 30 }), { maxLength: 5 });

test('gives everything in order of time, and what happened at once in the order of the files', async () => {
  const inOrder = (lists: readonly (readonly number[])[]) =>
    lists
      .flatMap((times, file) => times.map((at, i) => ({ at, name: `${file}.${i}` })))
      .sort((a, b) => a.at - b.at);
  await fc.assert(
    fc.asyncProperty(files, async (lists) => {
      expect(await all(lists)).toEqual(inOrder(lists));
    }),
    runs(100),
  );
});

test('files that are in order come out in order, however little room there is', async () => {
  await fc.assert(
    fc.asyncProperty(files, fc.nat(3), fc.nat(3), async (lists, things, bytes) => {
      const sorted = lists.map((times) => times.toSorted((a, b) => a - b));
      const out = await all(sorted, { things, bytes });
      expect(out.map(({ at }) => at)).toEqual(lists.flat().sort((a, b) => a - b));
    }),
    runs(300),
  );
});

test('loses nothing where the room is too small to put it in order', async () => {
  const out = await all([[5, 4, 3, 2, 1]], { things: 2, bytes: 100 });
  expect(out.map(({ at }) => at)).toEqual([3, 2, 1, 4, 5]);
});

test.each([
  ['things', { things: 10, bytes: 1000 }],
  ['bytes', { things: 1000, bytes: 10 }],
])('has room for so many %s of all files together', async (_, room) => {
  let waiting = 0;
  let most = 0;
  const sources = [0, 1, 2].map((file) =>
    from(
      Array.from({ length: 200 }, (_, i) => i),
      file,
      () => {
        most = Math.max(most, ++waiting);
      },
    ),
  );
  for await (const _ of merged(sources, room, () => 1)) waiting--;
  // A file more may have been read where the next one might have been earlier.
  expect(most).toBeLessThanOrEqual(10 + sources.length);
});

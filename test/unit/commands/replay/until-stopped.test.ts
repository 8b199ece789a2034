import { expect, test } from 'vitest';
import { untilStopped } from '../../../../src/commands/replay/until-stopped.ts';

async function* numbers(end: () => Promise<void>) {
  yield 1;
  yield 2;
  await end();
}

const all = async (items: AsyncIterable<number>) => {
  const taken: number[] = [];
  for await (const item of items) taken.push(item);
  return taken;
};

const failed = new Error('failed');

test('without a stop it gives all items, and errors', async () => {
  const { signal } = new AbortController();
  const given = (end: () => Promise<void>) => all(untilStopped(numbers(end), signal));
  expect(await given(async () => {})).toEqual([1, 2]);
  await expect(given(() => Promise.reject(failed))).rejects.toBe(failed);
});

test('a stop ends it, also while it waits, and what fails after that is left', async () => {
  const stop = new AbortController();
  const items = numbers(() => {
    stop.abort();
    return new Promise((_, reject) => setImmediate(() => reject(failed)));
  });
  expect(await all(untilStopped(items, stop.signal))).toEqual([1, 2]);
  expect(
    await all(
      untilStopped(
        numbers(async () => {}),
        stop.signal,
      ),
    ),
  ).toEqual([]);
});

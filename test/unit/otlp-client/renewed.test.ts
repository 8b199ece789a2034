import { expect, test } from 'vitest';
import { Renewed } from '../../../src/otlp-client/renewed.ts';

function made() {
  const closed: string[] = [];
  const keys = { now: 'a' };
  let count = 0;
  const renewed = new Renewed(
    () => keys.now,
    (key) => `${key}${++count}`,
    (one) => closed.push(one),
  );
  return { closed, keys, renewed, used: () => renewed.use(async (one) => one) };
}

test('one is made for the same keys', async () => {
  const { closed, used } = made();
  expect([await used(), await used()]).toEqual(['a1', 'a1']);
  expect(closed).toEqual([]);
});

test('other keys make another one, and the former one is closed', async () => {
  const { closed, keys, used } = made();
  keys.now = 'b';
  expect(await used()).toBe('b2');
  expect(closed).toEqual(['a1']);
});

test('the former one is closed when the last use of it has ended', async () => {
  const { closed, keys, renewed, used } = made();
  const work = Promise.withResolvers<string>();
  const [first, second] = [renewed.use(() => work.promise), renewed.use(async (one) => one)];
  keys.now = 'b';
  expect(await second).toBe('a1');
  expect(await used()).toBe('b2');
  expect(closed).toEqual([]);
  work.reject(new Error('down'));
  await expect(first).rejects.toThrow('down');
  expect(closed).toEqual(['a1']);
});

test('after a drop the next use has a new one', async () => {
  const { closed, renewed, used } = made();
  renewed.drop();
  renewed.drop();
  expect(closed).toEqual(['a1']);
  expect(await used()).toBe('a2');
});

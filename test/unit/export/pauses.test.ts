import { expect, test } from 'vitest';
import { type PauseOptions, Pauses } from '../../../src/export/pauses.ts';
import { millis, seconds } from '../../../src/lib/time-format.ts';

const NEVER = new AbortController().signal;

/** Pauses that end at once, and how long each would have been. */
function made(more: Partial<PauseOptions> = {}) {
  const waits: number[] = [];
  const pauses = new Pauses({
    initialInterval: millis(100),
    maxInterval: seconds(1),
    random: () => 1,
    wait: async (ms) => void waits.push(ms),
    ...more,
  });
  return { pauses, waits };
}

test('each failure doubles the bound up to the greatest, until the destination decides', async () => {
  const { pauses, waits } = made();
  for (let i = 0; i < 6; i++) await pauses.next(undefined, NEVER);
  pauses.reset();
  await pauses.next(undefined, NEVER);
  expect(waits).toEqual([100, 200, 400, 800, 1000, 1000, 100]);
});

test('a pause is anywhere below the bound', async () => {
  const randoms = [0, 0.5, 0.25];
  const { pauses, waits } = made({ random: () => randoms.shift()! });
  for (let i = 0; i < 3; i++) await pauses.next(undefined, NEVER);
  expect(waits).toEqual([0, 100, 100]);
});

test('the bound stays finite, however many failures there were', async () => {
  const { pauses, waits } = made();
  for (let i = 0; i < 2000; i++) await pauses.next(undefined, NEVER);
  expect(waits.at(-1)).toBe(1000);
});

test('a pause is never shorter than the destination asked', async () => {
  const { pauses, waits } = made();
  await pauses.next(seconds(7), NEVER);
  await pauses.next(millis(0), NEVER);
  expect(waits).toEqual([7000, 200]);
});

test('hurry ends the pause in progress; later ones ignore the time that the destination names', async () => {
  let ended = 0;
  const { pauses, waits } = made({
    async wait(ms, by) {
      waits.push(ms);
      if (ms < 7000 || by.aborted) return;
      await new Promise((resolve) => by.addEventListener('abort', resolve, { once: true }));
      ended++;
    },
  });
  const first = pauses.next(seconds(7), NEVER);
  pauses.hurry();
  await first;
  await pauses.next(seconds(7), NEVER);
  expect([ended, waits]).toEqual([1, [7000, 100]]);
});

test('a real pause ends with the signal', async () => {
  const stop = new AbortController();
  const pauses = new Pauses({ initialInterval: seconds(3600), maxInterval: seconds(3600), random: () => 1 });
  const pause = pauses.next(undefined, stop.signal);
  stop.abort();
  await pause;
  await pauses.next(undefined, stop.signal);
});

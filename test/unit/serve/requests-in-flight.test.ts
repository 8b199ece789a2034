import { expect, test } from 'vitest';
import type { Verdict } from '../../../src/model/request.ts';
import type { Micros } from '../../../src/model/time.ts';
import { requestsInFlight } from '../../../src/serve/requests-in-flight.ts';
import { request, TEN } from '../../support/events.ts';

const at = (seconds: number) => (TEN + seconds * 1_000_000) as Micros;

test('the earliest request in flight holds the clock of windows back', async () => {
  const answers = new Map<number, () => void>();
  const { handle, settled } = requestsInFlight(
    ({ arrived }) =>
      new Promise<Verdict>((resolve) => {
        answers.set(arrived, () => resolve({ kind: 'accepted', rejected: 0 }));
      }),
  );
  expect(settled(at(9))).toBe(at(9));
  const [first, second] = [at(3), at(5)].map((arrived) => handle(request('', 'line', arrived)));
  expect(settled(at(9))).toBe(at(3));
  expect(settled(at(2))).toBe(at(2));
  answers.get(at(3))!();
  await first;
  expect(settled(at(9))).toBe(at(5));
  answers.get(at(5))!();
  await second;
  expect(settled(at(9))).toBe(at(9));
});

test('a request that fails is no longer in flight', async () => {
  const { handle, settled } = requestsInFlight(async () => {
    throw new Error('a fault');
  });
  await expect(handle(request('', 'line', at(1)))).rejects.toThrow('a fault');
  expect(settled(at(9))).toBe(at(9));
});

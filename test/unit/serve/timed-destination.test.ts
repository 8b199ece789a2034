import { expect, test } from 'vitest';
import type { Delivery, Destination } from '../../../src/model/risk.ts';
import type { Ms } from '../../../src/model/time.ts';
import { timedDestination } from '../../../src/serve/timed-destination.ts';

test('each delivery attempt is timed, whatever its end, and changed in nothing else', async () => {
  let now = 0;
  const seen: unknown[] = [];
  const answers: Delivery[] = [{ kind: 'delivered' }, { kind: 'retry', why: 'down' }];
  let stopped = 0;
  const destination: Destination = {
    name: 'siem',
    target: 'http://siem',
    requestKey: () => 'one',
    async send() {
      now += 40;
      const answer = answers.shift();
      if (!answer) throw new Error('a bug');
      return answer;
    },
    async stop() {
      stopped++;
    },
  };
  const timed = timedDestination(
    destination,
    () => now as Ms,
    (name, took) => seen.push([name, took]),
  );
  const by = new AbortController().signal;
  expect([timed.name, timed.target, timed.requestKey]).toEqual([
    'siem',
    'http://siem',
    destination.requestKey,
  ]);
  expect(await timed.send([], by)).toEqual({ kind: 'delivered' });
  expect(await timed.send([], by)).toEqual({ kind: 'retry', why: 'down' });
  await expect(timed.send([], by)).rejects.toThrow('a bug');
  await timed.stop();
  expect([seen, stopped]).toEqual([
    [
      ['siem', 40],
      ['siem', 40],
      ['siem', 40],
    ],
    1,
  ]);
});

import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { StartedParts } from '../../../src/serve/started-parts.ts';

test('parts are stopped one after the other, the last one first, by one deadline', async () => {
  const parts = new StartedParts();
  const log: unknown[] = [];
  const part = (name: string) => ({
    async stop(by: AbortSignal) {
      log.push(`${name} stops`);
      await setImmediate();
      log.push(`${name} has stopped`, by);
    },
  });
  const first = part('first');
  expect(parts.add(first)).toBe(first);
  parts.add(part('second'));
  const { signal } = new AbortController();
  await parts.stop(signal);
  expect(log).toEqual([
    'second stops',
    'second has stopped',
    signal,
    'first stops',
    'first has stopped',
    signal,
  ]);
});

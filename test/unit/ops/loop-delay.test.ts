import { setImmediate, setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { monitorLoop } from '../../../src/ops/loop-delay.ts';

/** Holds the loop as long as a regular expression takes, until the monitor has seen it. */
async function heldUntil(seen: () => boolean): Promise<void> {
  while (!seen()) {
    let sum = 0;
    for (let i = 0; i < 2e8; i++) sum += i;
    expect(sum).toBeGreaterThan(0);
    // The monitor's own timer has to fire.
    await setTimeout(1);
    await setImmediate();
  }
}

test('a peak is shown in its span and the one after it, then forgotten', async () => {
  const monitor = monitorLoop();
  expect(monitor.delay).toEqual({ max: 0, p99: 0 });
  await heldUntil(() => monitor.delay.max > 20);
  const peak = monitor.delay.max;
  expect(monitor.delay.p99).toBeLessThanOrEqual(peak);
  monitor.stop();
  monitor.next();
  expect(monitor.delay.max).toBe(peak);
  monitor.next();
  expect(monitor.delay).toEqual({ max: 0, p99: 0 });
});

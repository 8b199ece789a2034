import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import type { Handle } from '../../../src/model/request.ts';
import type { Micros } from '../../../src/model/time.ts';
import { createCounters } from '../../../src/ops/counter-store.ts';
import { collectGarbage, memoryInUse } from '../../../src/ops/memory-use.ts';
import { memoryLimiter } from '../../../src/serve/memory-limiter.ts';
import { request, TEN } from '../../support/events.ts';

const MIB = 2 ** 20;

function limiter(settings: string) {
  const loaded = loadConfig({ path: 'c.yaml', text: `memory_limiter: ${settings}` }, {}, () => '');
  if ('errors' in loaded) throw new Error(loaded.errors.join('\n'));
  const process = { used: 0, garbage: 0, collections: 0, now: TEN as number };
  const counters = createCounters();
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const made = memoryLimiter(
    loaded.config,
    {
      measure: () => (process.used + process.garbage) * MIB,
      collect() {
        process.collections++;
        process.garbage = 0;
      },
      clock: () => process.now as Micros,
    },
    counters,
    { info: say, warn: say, error: say },
  );
  let handled = 0;
  const handle: Handle = async () => {
    handled++;
    return { kind: 'accepted', rejected: 0 };
  };
  return {
    made,
    process,
    counters,
    lines,
    handled: () => handled,
    async sendAt(used: number, garbage = 0) {
      Object.assign(process, { used, garbage });
      made!.check();
      return (await made!.guard(handle)(request('', 'line', TEN))).kind;
    },
  };
}

test('without a limit there is no limiter', () => {
  expect(limiter('{}').made).toBeUndefined();
});

test('while requests are refused, readiness hears why', async () => {
  const { sendAt, made } = limiter('{limit_mib: 100, spike_limit_mib: 30}');
  await sendAt(70);
  expect(made!.refusing()).toBeUndefined();
  await sendAt(71);
  expect(made!.refusing()).toBe(
    'requests are refused: 71 MiB of memory are in use, and the limit is 70 MiB (memory_limiter)',
  );
});

test('memory that moves around the limit is logged once a minute', async () => {
  const { sendAt, process, lines } = limiter('{limit_mib: 100, spike_limit_mib: 30}');
  for (let second = 0; second < 120; second++) {
    await sendAt(second % 2 === 0 ? 71 : 70);
    process.now += 1_000_000;
  }
  expect(lines.filter((line) => line.startsWith('requests are refused'))).toHaveLength(2);
  expect(lines.filter((line) => line.startsWith('memory is below'))).toHaveLength(2);
});

test('above the limit less the spike requests are refused before their handler runs, and accepted when there is less', async () => {
  const { sendAt, made, handled, counters, lines } = limiter('{limit_mib: 100, spike_limit_mib: 30}');
  expect(await sendAt(70)).toBe('accepted');
  expect(await sendAt(71)).toBe('overloaded');
  expect(handled()).toBe(1);
  const verdict = await made!.guard(() => Promise.reject(new Error('it ran')))(request('', 'line', TEN));
  expect(verdict).toEqual({
    kind: 'overloaded',
    retryAfter: 5000,
    why: '71 MiB of memory are in use, and the limit is 70 MiB (memory_limiter)',
  });
  expect([counters.total('memory_refused'), counters.total('requests', 'overloaded')]).toEqual([2, 2]);
  expect(await sendAt(70)).toBe('accepted');
  expect(lines).toEqual([
    'requests are refused until memory is free: 71 MiB of memory are in use, and the limit is 70 MiB (memory_limiter)',
    'memory is below its limit again: requests are accepted',
  ]);
});

test('the spike is a fifth of the limit', async () => {
  const { sendAt } = limiter('{limit_mib: 100}');
  expect([await sendAt(80), await sendAt(81)]).toEqual(['accepted', 'overloaded']);
});

test('garbage is collected before a request is refused, and only then', async () => {
  const { sendAt, process, lines } = limiter('{limit_mib: 100}');
  expect(await sendAt(10, 50)).toBe('accepted');
  expect(process.collections).toBe(0);
  expect(await sendAt(10, 90)).toBe('accepted');
  expect(process.collections).toBe(1);
  expect(lines).toEqual([]);
});

test('there are ten seconds from one collection to the next, also where the clock steps back', async () => {
  const { sendAt, process } = limiter('{limit_mib: 100}');
  await sendAt(90);
  process.now += 9_999_999;
  await sendAt(90);
  expect(process.collections).toBe(1);
  process.now += 1;
  await sendAt(90);
  expect(process.collections).toBe(2);
  process.now -= 3_600_000_000;
  await sendAt(90);
  expect(process.collections).toBe(3);
});

test('the memory of buffers is measured, and a collection gives it back', () => {
  collectGarbage();
  const before = memoryInUse();
  let held: Buffer | undefined = Buffer.alloc(64 * MIB);
  expect(memoryInUse() - before).toBeGreaterThan(60 * MIB);
  expect(held.length).toBe(64 * MIB);
  held = undefined;
  collectGarbage();
  expect(memoryInUse() - before).toBeLessThan(30 * MIB);
});

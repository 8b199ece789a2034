import { afterEach, expect, test, vi } from 'vitest';
import { steadyClock, wallClock } from '../../../src/ops/clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('the wall clock tells Unix time in whole microseconds', () => {
  vi.useFakeTimers({ now: new Date('2026-01-15T10:00:00.123Z') });
  expect(wallClock()).toBe(1_768_471_200_123_000);
});

test('the wall clock follows when the machine is set back', () => {
  vi.useFakeTimers({ now: new Date('2026-01-15T10:00:00Z') });
  const before = wallClock();
  vi.setSystemTime(new Date('2026-01-15T09:59:59Z'));
  expect(wallClock()).toBe(before - 1_000_000);
});

test('the steady clock measures lengths of time, and does not follow when the machine is set back', () => {
  vi.useFakeTimers({ now: new Date('2026-01-15T10:00:00Z') });
  const before = steadyClock();
  vi.advanceTimersByTime(250);
  expect(steadyClock() - before).toBeCloseTo(250);
  vi.setSystemTime(new Date('2026-01-15T09:59:59Z'));
  expect(steadyClock() - before).toBeCloseTo(250);
});

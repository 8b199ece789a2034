import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { State } from '../../../src/model/state.ts';
import type { Micros, Ms } from '../../../src/model/time.ts';
import { startWindowClosing } from '../../../src/serve/window-closing.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const requests = { handle: () => Promise.reject(new Error()), settled: (now: Micros) => now };

function closing(close: () => Promise<undefined>) {
  let now = 0;
  const problems = { report() {}, minute() {} };
  const part = startWindowClosing({ close } as unknown as State, requests, problems, () => now as Ms);
  return {
    part,
    async pass(seconds: number) {
      now += 1000 * seconds;
      await vi.advanceTimersByTimeAsync(1000);
    },
  };
}

test('it has no fault while windows are closed each second', async () => {
  let closed = 0;
  const { part, pass } = closing(async () => void closed++);
  await pass(1);
  await pass(100);
  await pass(100);
  expect([closed, part.fault()]).toEqual([3, undefined]);
  await part.stop(AbortSignal.abort());
});

test('a step that never ends, or always fails, is a fault; a stopped one is none', async () => {
  for (const close of [() => new Promise<undefined>(() => {}), () => Promise.reject(new Error('a bug'))]) {
    const { part, pass } = closing(close);
    await pass(120);
    expect(part.fault()).toBeUndefined();
    await pass(5);
    expect(part.fault()).toBe('windows that were due have not been closed for 125 seconds');
    await part.stop(AbortSignal.abort());
    expect(part.fault()).toBeUndefined();
  }
});

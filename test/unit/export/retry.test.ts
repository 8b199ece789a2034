import { describe, expect, test } from 'vitest';
import { Outage } from '../../../src/export/outage.ts';
import { Pauses } from '../../../src/export/pauses.ts';
import { retrying } from '../../../src/export/retry.ts';
import { millis, seconds } from '../../../src/lib/time-format.ts';
import type { Delivery } from '../../../src/model/risk.ts';
import { TestCounters } from '../../support/counters.ts';
import { batchOf } from './fake-outbox.ts';

const NEVER = new AbortController().signal;
const RETRY: Delivery = { kind: 'retry', why: 'HTTP 503' };
const DOUBTFUL: Delivery = { kind: 'retry', why: 'HTTP 500', doubtful: true };
const DONE: Delivery = { kind: 'delivered' };
const REFUSED: Delivery = { kind: 'refused', why: 'HTTP 400' };

/** Sends 'ab' to a destination that gives these answers in order. */
async function sent(answers: readonly Delivery[], { patience = 2, by = NEVER, pause = () => {} } = {}) {
  const counters = new TestCounters();
  const carried: string[] = [];
  const waits: number[] = [];
  const logs: string[] = [];
  const destination = {
    name: 'siem',
    target: 'http://siem',
    async send(events: readonly { readonly uid: string }[]) {
      carried.push(events.map(({ uid }) => uid).join(''));
      return answers[carried.length - 1]!;
    },
    async stop() {},
  };
  const pauses = new Pauses({
    initialInterval: millis(100),
    maxInterval: seconds(1),
    random: () => 1,
    async wait(ms) {
      waits.push(ms);
      pause();
    },
  });
  const outage = new Outage(destination, (what) => void logs.push(what));
  const outcome = await retrying(destination, pauses, outage, counters)(batchOf('ab'), patience, by);
  return { outcome, carried, waits, logs, retries: counters.of('export_retries', 'siem') };
}

test.each([DONE, REFUSED, { ...DONE, rejected: 1, why: 'too old' }])(
  'a decision is given as it is, without a pause: %j',
  async (decision) => {
    const { outcome, carried, waits, logs, retries } = await sent([decision]);
    expect([outcome, carried, waits, logs, retries]).toEqual([decision, ['ab'], [], [], 0]);
  },
);

test('a failed attempt is repeated with the same events, counted and reported', async () => {
  const { outcome, carried, waits, logs, retries } = await sent([
    RETRY,
    { ...RETRY, after: seconds(7) },
    DONE,
  ]);
  expect([outcome, carried, waits, retries]).toEqual([DONE, ['ab', 'ab', 'ab'], [100, 7000], 2]);
  expect(logs).toEqual([
    'siem (http://siem) does not accept risk events; retrying',
    'siem accepts risk events again',
  ]);
});

describe('a doubtful answer', () => {
  const why = { kind: 'doubtful', why: 'HTTP 500' };

  test('is retried until patience ends', async () => {
    const { outcome, carried, waits } = await sent([DOUBTFUL, DOUBTFUL, DONE]);
    expect([outcome, carried.length, waits]).toEqual([why, 2, [100, 200]]);
  });

  test('counts only with others in a row', async () => {
    const { outcome, carried } = await sent([DOUBTFUL, RETRY, DOUBTFUL, DONE]);
    expect([outcome, carried.length]).toEqual([DONE, 4]);
  });

  test('is given back at once, and ends the outage, where there is no patience', async () => {
    const { outcome, waits, logs, retries } = await sent([RETRY, DOUBTFUL], { patience: 0 });
    expect([outcome, waits, retries]).toEqual([why, [100], 1]);
    expect(logs.at(-1)).toBe('siem accepts risk events again');
  });
});

describe('a stop', () => {
  const STOPPED = { kind: 'stopped' };

  test('ends the retries after an attempt', async () => {
    const { outcome, waits, retries } = await sent([RETRY, DONE], { by: AbortSignal.abort() });
    expect([outcome, waits, retries]).toEqual([STOPPED, [], 0]);
  });

  test('ends them after a pause', async () => {
    const stop = new AbortController();
    const { outcome, carried } = await sent([RETRY, DONE], { by: stop.signal, pause: () => stop.abort() });
    expect([outcome, carried]).toEqual([STOPPED, ['ab']]);
  });

  test('does not hide a decision', async () => {
    expect((await sent([DONE], { by: AbortSignal.abort() })).outcome).toEqual(DONE);
  });
});

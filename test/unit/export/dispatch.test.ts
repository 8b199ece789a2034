import { describe, expect, test } from 'vitest';
import { type Dispatcher, type DispatchOptions, dispatch } from '../../../src/export/dispatch.ts';
import { millis, seconds } from '../../../src/lib/time-format.ts';
import type { Delivery, Destination } from '../../../src/model/risk.ts';
import type { Ms } from '../../../src/model/time.ts';
import { TestCounters } from '../../support/counters.ts';
import { FakeOutbox } from './fake-outbox.ts';

const NEVER = new AbortController().signal;
const RETRY: Delivery = { kind: 'retry', why: 'HTTP 503' };
const DONE: Delivery = { kind: 'delivered' };
const REFUSED: Delivery = { kind: 'refused', why: 'HTTP 400' };

/** Drains `uids` in batches of `batch`; `answer` says how each attempt ends, by the uids it carries. */
async function drain(
  uids: string,
  answer: (carried: string, attempt: number, by: AbortSignal) => Delivery | Promise<Delivery>,
  more: Partial<DispatchOptions> &
    Pick<Destination, 'requestKey'> & { by?: AbortSignal; open?: boolean } = {},
) {
  const { by = NEVER, open = false, requestKey, ...options } = more;
  const outbox = new FakeOutbox(uids, open);
  const counters = new TestCounters();
  const sent: string[] = [];
  const waits: number[] = [];
  const logs: string[] = [];
  const destination: Destination = {
    name: 'siem',
    target: 'http://siem',
    ...(requestKey && { requestKey }),
    async send(events, signal) {
      sent.push(events.map((event) => event.uid).join(''));
      return await answer(sent.at(-1)!, sent.length, signal);
    },
    async stop() {},
  };
  const dispatcher = dispatch(
    outbox,
    destination,
    {
      batch: 4,
      initialInterval: millis(100),
      maxInterval: seconds(1),
      random: () => 1,
      wait: async (ms: Ms) => void waits.push(ms),
      report: (what, why, times = 1) => void logs.push(`${what} (${times}): ${why}`),
      lost: (text) => void logs.push(text),
      ...options,
    },
    counters,
  );
  await Promise.all([dispatcher.stop(by), dispatcher.stop(by)]);
  return { outbox, counters, sent, waits, logs };
}

test('all that the outbox holds is sent in order, in batches, and settled', async () => {
  const { outbox, counters, sent, logs } = await drain('abcdefghi', () => DONE);
  expect(sent).toEqual(['abcd', 'efgh', 'i']);
  expect(outbox.settled).toEqual(['siem 0,1,2,3 delivered', 'siem 4,5,6,7 delivered', 'siem 8 delivered']);
  expect(counters.of('exported', 'siem')).toBe(9);
  expect(counters.of('export_lost')).toBe(0);
  expect(logs).toEqual([]);
});

test('events of different request keys are sent apart, and each part is decided by itself', async () => {
  const { outbox, counters, sent } = await drain(
    'axbyc',
    (carried, attempt) => {
      if (carried === 'ab') return { kind: 'delivered', rejected: 1, why: 'too old' };
      return carried === 'xy' && attempt < 4 ? RETRY : DONE;
    },
    { requestKey: ({ uid }) => (uid < 'x' ? 'one' : 'two') },
  );
  expect(sent).toEqual(['ab', 'xy', 'xy', 'xy', 'c']);
  expect(outbox.settled).toEqual(['siem 0,2 delivered', 'siem 1,3 delivered', 'siem 4 delivered']);
  expect([counters.of('exported', 'siem'), counters.of('export_dead', 'siem')]).toEqual([4, 1]);
});

describe('a destination that is away', () => {
  test('gets the same batch until it accepts it, with growing pauses up to the greatest', async () => {
    const { outbox, counters, sent, waits } = await drain('abcde', (_, attempt) =>
      attempt < 7 ? RETRY : DONE,
    );
    expect(sent).toEqual([...Array(7).fill('abcd'), 'e']);
    expect(waits).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(outbox.settled).toEqual(['siem 0,1,2,3 delivered', 'siem 4 delivered']);
    expect(counters.of('export_retries', 'siem')).toBe(6);
    expect(counters.of('exported', 'siem')).toBe(5);
  });

  test('starts again with a short pause once it has accepted something', async () => {
    const { waits } = await drain('abcde', (carried, attempt) =>
      (carried === 'abcd' && attempt < 4) || attempt === 5 ? RETRY : DONE,
    );
    expect(waits).toEqual([100, 200, 400, 100]);
  });

  test('has its pauses anywhere below the bound', async () => {
    const randoms = [0, 0.5, 0.25];
    const { waits } = await drain('a', (_, attempt) => (attempt < 4 ? RETRY : DONE), {
      random: () => randoms.shift() ?? 1,
    });
    expect(waits).toEqual([0, 100, 100]);
  });

  test('is never asked before the time that it named', async () => {
    const { waits } = await drain(
      'a',
      (_, attempt) => (attempt < 3 ? { ...RETRY, after: seconds(attempt === 1 ? 7 : 0) } : DONE),
      { random: () => 0.5 },
    );
    expect(waits).toEqual([7000, 100]);
  });

  test('is reported once for each reason, and once when it is back', async () => {
    const { logs } = await drain('ab', (_, attempt) =>
      attempt < 6 ? { kind: 'retry', why: attempt % 2 ? 'HTTP 503' : 'ECONNRESET' } : DONE,
    );
    expect(logs).toEqual([
      'siem (http://siem) does not accept risk events; retrying (1): HTTP 503',
      'siem (http://siem) does not accept risk events; retrying (1): ECONNRESET',
      'siem accepts risk events again (1): failed attempts before: 5',
    ]);
  });
});

describe('a bad event', () => {
  const unless = (bad: string) => (carried: string) =>
    [...bad].some((uid) => carried.includes(uid)) ? REFUSED : DONE;

  test('is dead alone: its neighbours are delivered, in order', async () => {
    const { outbox, counters, sent, logs } = await drain('abcd', unless('c'));
    expect(sent).toEqual(['abcd', 'ab', 'cd', 'c', 'd']);
    expect(outbox.settled).toEqual(['siem 0,1 delivered', 'siem 2 dead', 'siem 3 delivered']);
    expect([counters.of('exported', 'siem'), counters.of('export_dead', 'siem')]).toEqual([3, 1]);
    expect(logs).toEqual(['risk events were permanently refused by siem and are lost there (1): HTTP 400']);
  });

  test('is reported once a batch, however many there are', async () => {
    const { outbox, counters, logs } = await drain('abcdefgh', unless('acdf'));
    expect(counters.of('export_dead', 'siem')).toBe(4);
    expect(counters.of('exported', 'siem')).toBe(4);
    expect(outbox.size).toBe(0);
    expect(logs).toEqual([
      'risk events were permanently refused by siem and are lost there (3): HTTP 400',
      'risk events were permanently refused by siem and are lost there (1): HTTP 400',
    ]);
  });

  test('is found through an outage too', async () => {
    const { outbox } = await drain('ab', (carried, attempt) => {
      if (attempt === 2) return RETRY;
      return carried.includes('b') ? REFUSED : DONE;
    });
    expect(outbox.settled).toEqual(['siem 0 delivered', 'siem 1 dead']);
  });
});

describe('an answer that may be about the data or may pass', () => {
  const DOUBTFUL: Delivery = { kind: 'retry', why: 'HTTP 500', doubtful: true };

  test.each(['a', 'abcd', 'abcdefgh'])(
    'makes no event dead while the destination accepts nothing: %s',
    async (uids) => {
      const { outbox, counters, logs } = await drain(uids, (_, attempt) => (attempt < 60 ? DOUBTFUL : DONE));
      expect(counters.of('exported', 'siem')).toBe(uids.length);
      expect([outbox.size, counters.of('export_dead')]).toEqual([0, 0]);
      expect(logs).toEqual([
        'siem (http://siem) does not accept risk events; retrying (1): HTTP 500',
        'siem (http://siem) still does not accept risk events; retrying (1): 32 attempts have failed, the last with HTTP 500',
        'siem accepts risk events again (1): failed attempts before: 59',
      ]);
    },
  );

  test.each(['a', 'b', 'd'])(
    'is about the data where others are accepted and it comes again: %s of abcd',
    async (bad) => {
      const { counters, sent, logs } = await drain('abcd', (carried) =>
        carried.includes(bad) ? DOUBTFUL : DONE,
      );
      expect([counters.of('exported', 'siem'), counters.of('export_dead', 'siem')]).toEqual([3, 1]);
      expect(sent.length).toBeLessThan(20);
      expect(logs.at(-1)).toBe(
        'risk events were permanently refused by siem and are lost there (1): HTTP 500',
      );
    },
  );

  test('is found for one event alone as soon as there are others', async () => {
    const { outbox, counters } = await drain('abcde', (carried) => (carried === 'a' ? DOUBTFUL : DONE), {
      batch: 1,
    });
    expect(outbox.settled[0]).toBe('siem 1 delivered');
    expect([counters.of('exported', 'siem'), counters.of('export_dead', 'siem')]).toEqual([4, 1]);
  });
});

describe('a partial success', () => {
  test('counts the rejected part as dead and sends none of it again', async () => {
    const { outbox, counters, sent, logs } = await drain('abcd', () => ({
      ...DONE,
      rejected: 3,
      why: 'too old',
    }));
    expect(sent).toEqual(['abcd']);
    expect(outbox.settled).toEqual(['siem 0,1,2,3 delivered']);
    expect([counters.of('exported', 'siem'), counters.of('export_dead', 'siem')]).toEqual([1, 3]);
    expect(logs).toEqual(['risk events were permanently refused by siem and are lost there (3): too old']);
  });

  test('that rejects more than it was sent is believed only so far', async () => {
    const { counters } = await drain('ab', () => ({ ...DONE, rejected: 100, why: 'odd' }));
    expect([counters.of('exported', 'siem'), counters.of('export_dead', 'siem')]).toEqual([0, 2]);
  });

  test('that only warns is reported once', async () => {
    const { counters, logs } = await drain('abcdefghi', () => ({ ...DONE, rejected: 0, why: 'soon full' }));
    expect(counters.of('exported', 'siem')).toBe(9);
    expect(logs).toEqual(['siem accepted all risk events, with a warning (1): soon full']);
  });
});

describe('a stop whose deadline passes', () => {
  test('ends an attempt in progress and reports what is left', async () => {
    const deadline = new AbortController();
    const { outbox, counters, sent, logs } = await drain(
      'abcdef',
      (_, attempt, by) => {
        if (attempt === 1) return DONE;
        deadline.abort();
        return by.aborted ? RETRY : DONE;
      },
      { by: deadline.signal },
    );
    expect(sent).toEqual(['abcd', 'ef']);
    expect(outbox.settled).toEqual(['siem 0,1,2,3 delivered']);
    expect(counters.of('export_lost', 'siem')).toBe(2);
    expect(logs).toEqual(['2 risk events were not delivered to siem in time']);
  });

  test('ends a pause', async () => {
    const deadline = new AbortController();
    const { counters, sent } = await drain('ab', () => RETRY, {
      by: deadline.signal,
      wait: (_, by) =>
        new Promise((resolve) => {
          by.addEventListener('abort', () => resolve(), { once: true });
          deadline.abort();
        }),
    });
    expect(sent).toEqual(['ab']);
    expect(counters.of('export_lost', 'siem')).toBe(2);
  });

  test('ends the wait for more, and nothing is lost', async () => {
    const deadline = new AbortController();
    const { counters, sent } = await drain(
      'ab',
      () => {
        queueMicrotask(() => queueMicrotask(() => deadline.abort()));
        return DONE;
      },
      { by: deadline.signal, open: true },
    );
    expect(sent).toEqual(['ab']);
    expect(counters.of('exported', 'siem')).toBe(2);
    expect(counters.of('export_lost')).toBe(0);
  });

  test('that had passed before keeps what was not sent', async () => {
    const { counters } = await drain('abc', (_, __, by) => (by.aborted ? RETRY : DONE), {
      by: AbortSignal.abort(),
    });
    expect(counters.of('export_lost', 'siem')).toBe(3);
  });
});

test('hurried, it ends the pause in progress, and ignores the time that the destination named', async () => {
  const waits: number[] = [];
  const attempts = Promise.withResolvers<void>();
  let sent = 0;
  const dispatcher: Dispatcher = dispatch(
    new FakeOutbox('a'),
    {
      name: 'siem',
      target: 'http://siem',
      send: async () => (++sent < 3 ? { ...RETRY, after: seconds(3600) } : DONE),
      async stop() {},
    },
    {
      batch: 4,
      initialInterval: millis(100),
      maxInterval: seconds(1),
      random: () => 1,
      async wait(ms, by) {
        waits.push(ms);
        if (by.aborted || ms < 3_600_000) return;
        attempts.resolve();
        await new Promise((resolve) => by.addEventListener('abort', resolve, { once: true }));
      },
      report() {},
      lost() {},
    },
    new TestCounters(),
  );
  await attempts.promise;
  dispatcher.hurry();
  await dispatcher.stop(NEVER);
  expect(waits).toEqual([3_600_000, 100]);
});

test('without a fake, pauses pass in real time and end with a stop', async () => {
  const { sent } = await drain('a', (_, attempt) => (attempt === 1 ? { ...RETRY, after: millis(1) } : DONE), {
    random: () => 0,
    wait: undefined as never,
  });
  expect(sent).toEqual(['a', 'a']);
});

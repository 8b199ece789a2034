import { describe, expect, test } from 'vitest';
import { PlaceFileOpening, type ReadRequest } from '../../src/model/event.ts';
import type { Forward, RequestFindings } from '../../src/model/forward.ts';
import type { Hit } from '../../src/model/hit.ts';
import type { Request, Verdict } from '../../src/model/request.ts';
import type { Admission, State } from '../../src/model/state.ts';
import { type Detector, find, pipeline } from '../../src/pipeline.ts';
import { TestCounters } from '../support/counters.ts';
import { request, TEN } from '../support/events.ts';
import { aHit } from '../support/hits.ts';

// What the sender is told, and when. Reading, matching and windows have tests of their own; here they are what we make them.

const ABOUT = {
  record: 0,
  resource: 0,
  at: TEN,
  received: undefined,
  timed: true,
  fallback: false,
  recordAt: undefined,
};
const one = aHit(TEN);

/** A request holds one event, which one rule matches. */
const read: ReadRequest = (_, __, visit) => {
  visit({} as never, ABOUT);
  return { records: 1, events: 1, passedBy: {}, looks: {}, rejected: 0, slow: {} };
};

const detector = (): Detector => ({
  plan: {} as never,
  derived: {} as never,
  matcher: { match: (_event, _derived, hit) => hit('base') },
  sampled: undefined,
  unseen: () => new Map(),
  lastMatch: new Map(),
  hitsOf: () => [one],
  countedBy: () => [],
});

function run(state: Partial<State>, inForce: () => Detector) {
  const counters = new TestCounters();
  const released: number[] = [];
  const admit = () => ({ release: () => void released.push(1) }) satisfies Admission;
  const handle = pipeline(read, inForce, { admit, idle: () => false, ...state } as State, counters);
  return { answer: () => handle(request('', 'otlp')), counters, released };
}

const constant = () => {
  const only = detector();
  return () => only;
};

test('the sender is told OK only when its hits are recorded', async () => {
  const recorded = Promise.withResolvers<'recorded'>();
  const { answer } = run({ record: () => recorded.promise }, constant());
  let verdict: Verdict | undefined;
  const told = answer().then((given) => {
    verdict = given;
  });
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(verdict).toBeUndefined();
  recorded.resolve('recorded');
  await told;
  expect(verdict).toEqual({ kind: 'accepted', rejected: 0 });
});

test('an event that turns out to be too large while rules look at it has matched none', async () => {
  const tooLarge = new Error('too large');
  const rejecting: ReadRequest = (_, __, visit) => {
    expect(() => visit({} as never, ABOUT)).toThrow(tooLarge);
    return { records: 1, events: 0, passedBy: {}, looks: {}, rejected: 1, slow: {} };
  };
  const counters = new TestCounters();
  const partly: Detector = {
    ...detector(),
    matcher: {
      match(_event, _derived, hit) {
        hit('base');
        throw tooLarge;
      },
    },
  };
  expect(await find(request('', 'otlp'), rejecting, partly, counters)).toMatchObject({
    hits: [],
    rejected: 1,
  });
  expect(counters.of('matches')).toBe(0);
});

test('room comes back, and nothing is counted, where recording fails', async () => {
  const failing = { record: async () => Promise.reject(new Error('a fault')) };
  const { answer, released, counters } = run(failing, constant());
  await expect(answer()).rejects.toThrow('a fault');
  expect([released.length, counters.of('records')]).toEqual([1, 0]);
});

test('a request that is refused and comes again is counted once', async () => {
  const full = { retryAfter: 5000 as never, why: 'full' };
  let refusals = 5;
  const { answer, counters } = run(
    { admit: () => (refusals-- > 0 ? full : { release() {} }), record: async () => 'recorded' },
    constant(),
  );
  const kinds: string[] = [];
  for (let i = 0; i < 6; i++) kinds.push((await answer()).kind);
  expect(kinds).toEqual([...Array(5).fill('overloaded'), 'accepted']);
  expect([counters.of('records'), counters.of('matches', 'base')]).toEqual([1, 1]);
  expect([counters.of('requests', 'overloaded'), counters.of('requests', 'accepted')]).toEqual([5, 1]);
});

test('hits that other rules have overtaken are found again, under these', async () => {
  let current = detector();
  const recorded: (readonly Hit[])[] = [];
  const { answer, released, counters } = run(
    {
      async record(hits) {
        recorded.push(hits);
        if (recorded.length > 1) return 'recorded';
        current = { ...detector(), hitsOf: () => [one, one] };
        return 'stale';
      },
    },
    () => current,
  );
  expect(await answer()).toEqual({ kind: 'accepted', rejected: 0 });
  expect(recorded).toEqual([[one], [one, one]]);
  expect([released.length, counters.of('records')]).toEqual([2, 1]);
});

test('windows of other rules than the detector are a fault, not a wait without end', async () => {
  const { answer } = run({ record: async () => 'stale' }, constant());
  await expect(answer()).rejects.toThrow('other rules');
});

describe('with a next hop', () => {
  const OK: Verdict = { kind: 'relayed', code: 0, status: new Uint8Array(), body: Buffer.from('its answer') };
  const REFUSAL: Verdict = { kind: 'relayed', code: 8, status: Buffer.from('its status') };

  /** `answers`: of the next hop, in turn; `asked` is called before each of them. */
  function chained(
    state: Partial<State>,
    { inForce = constant(), answers = [OK], asked = () => {}, malformed = false }: Partial<Chained> = {},
  ) {
    const counters = new TestCounters();
    const steps: string[] = [];
    const found: RequestFindings[] = [];
    const forward: Forward = {
      takes: (shape) => shape === 'otlp',
      async pass(_request, findings) {
        steps.push('pass');
        found.push(findings);
        await asked();
        return answers[found.length - 1]!;
      },
      async passUnread(_request, why) {
        steps.push(`unread: ${why}`);
        return answers[0]!;
      },
    };
    const given = {
      admit() {
        steps.push('admit');
        return { release: () => void steps.push('release') };
      },
      idle: () => false,
      async record() {
        steps.push('record');
        return 'recorded';
      },
      ...state,
    };
    const reading: ReadRequest = malformed ? () => ({ malformed: 'broken' }) : read;
    const handle = pipeline(reading, inForce, given as State, counters, () => steps.push('counted'), forward);
    return {
      answer: (shape: Request['shape'] = 'otlp') => handle(request('', shape)),
      counters,
      steps,
      found,
    };
  }

  interface Chained {
    readonly inForce: () => Detector;
    readonly answers: readonly Verdict[];
    readonly asked: () => unknown;
    readonly malformed: boolean;
  }

  test('room is asked for, the request goes on, and only then its hits are recorded; its answer is the answer', async () => {
    const { answer, steps, found, counters } = chained({});
    expect(await answer()).toBe(OK);
    expect(steps).toEqual(['admit', 'pass', 'record', 'release', 'counted']);
    expect(found).toMatchObject([{ hits: [one], matched: new Map([[0, new Set(['base'])]]), own: 0 }]);
    expect([counters.of('requests', 'relayed'), counters.of('records')]).toEqual([1, 1]);
  });

  test('nothing is recorded or counted before its OK, so that a retried request counts once', async () => {
    const unavailable: Verdict = { kind: 'unavailable', retryAfter: 1 as never, why: 'down' };
    const { answer, steps, counters } = chained({}, { answers: [REFUSAL, unavailable, OK] });
    expect([await answer(), await answer(), await answer()]).toEqual([REFUSAL, unavailable, OK]);
    expect(steps.filter((step) => step === 'record')).toEqual(['record']);
    expect(steps.filter((step) => step === 'release').length).toBe(3);
    expect([counters.of('records'), counters.of('matches', 'base')]).toEqual([1, 1]);
  });

  test('what the next hop does not take is recorded without it', async () => {
    const { answer, steps } = chained({});
    expect(await answer('event-list')).toEqual({ kind: 'accepted', rejected: 0 });
    expect(steps).toEqual(['admit', 'record', 'release', 'counted']);
  });

  test('a request without room does not go on', async () => {
    const { answer, steps } = chained({ admit: () => ({ retryAfter: 5000 as never, why: 'full' }) });
    expect(await answer()).toEqual({ kind: 'overloaded', retryAfter: 5000, why: 'full' });
    expect(steps).toEqual([]);
  });

  test.each(['while the next hop answers', 'while its hits are recorded'])(
    'where rules are replaced %s, a request is looked at again and does not go on again',
    async (when) => {
      let current = detector();
      const replace = () => {
        current = { ...detector(), hitsOf: () => [one, one] };
      };
      const recorded: (readonly Hit[])[] = [];
      const isLate = when.endsWith('recorded');
      const { answer, steps } = chained(
        {
          async record(hits) {
            recorded.push(hits);
            if (!isLate || recorded.length > 1) return 'recorded';
            replace();
            return 'stale';
          },
        },
        { inForce: () => current, asked: () => !isLate && replace() },
      );
      expect(await answer()).toBe(OK);
      expect(steps.filter((step) => step === 'pass')).toEqual(['pass']);
      expect(recorded).toEqual(isLate ? [[one], [one, one]] : [[one, one]]);
    },
  );

  test('if recording fails after its OK, the answer is UNAVAILABLE', async () => {
    const failing = { record: async () => Promise.reject(new Error('a fault')) };
    const { answer, steps, counters } = chained(failing);
    expect(await answer()).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('a fault') });
    expect(steps).toEqual(['admit', 'pass', 'release']);
    expect([counters.of('forward_unrecorded'), counters.of('records')]).toEqual([1, 0]);
  });

  test('if there is no room any more for what other rules find in it, the answer is UNAVAILABLE', async () => {
    let current = detector();
    let asked = 0;
    const { answer, counters } = chained(
      {
        admit: () => (asked++ === 0 ? { release() {} } : { retryAfter: 5000 as never, why: 'full' }),
      },
      {
        inForce: () => current,
        asked: () => {
          current = detector();
        },
      },
    );
    expect(await answer()).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('full') });
    expect(counters.of('forward_unrecorded')).toBe(1);
  });

  test('a request that cannot be read is for the next hop to decide about', async () => {
    const { answer, steps } = chained({}, { malformed: true, answers: [REFUSAL] });
    expect(await answer()).toBe(REFUSAL);
    expect(steps).toEqual(['unread: broken']);
  });
});

describe('a request that needs a place whose file is being opened', () => {
  /** Every event but the first asks for a place of the file; hits count something while they are made. */
  function opening() {
    const file = Promise.withResolvers<void>();
    let open = false;
    let events = 0;
    const inForce: Detector = {
      ...detector(),
      hitsOf: (_bases, _event, _about, _arrived, counts) => {
        counts.add('values_cut', 1, 'rule');
        if (events++ > 0 && !open) throw new PlaceFileOpening(file.promise);
        return [one];
      },
    };
    const twoEvents: ReadRequest = (_, __, visit) => {
      for (const _ of [1, 2]) visit({} as never, ABOUT);
      return { records: 2, events: 2, passedBy: {}, looks: {}, rejected: 0, slow: {} };
    };
    const recorded: (readonly Hit[])[] = [];
    const state = {
      admit: () => ({ release() {} }),
      idle: () => false,
      async record(hits: readonly Hit[]) {
        recorded.push(hits);
        return 'recorded';
      },
    } as unknown as State;
    const counters = new TestCounters();
    const handle = pipeline(twoEvents, () => inForce, state, counters);
    return {
      answer: () => handle(request('', 'otlp')),
      opened: () => {
        open = true;
        file.resolve();
      },
      failed: (error: Error) => file.reject(error),
      recorded,
      counters,
    };
  }

  test('waits, is looked at again from its beginning, and everything in it counts once', async () => {
    const { answer, opened, recorded, counters } = opening();
    const answers = Promise.all([answer(), answer()]);
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(recorded).toEqual([]);
    opened();
    expect(await answers).toEqual(Array(2).fill({ kind: 'accepted', rejected: 0 }));
    expect(recorded).toEqual(Array(2).fill([one, one]));
    expect(
      (['requests', 'records', 'events', 'matches', 'values_cut'] as const).map((name) => counters.of(name)),
    ).toEqual([2, 4, 4, 4, 4]);
  });

  test('fails with what ended the wait', async () => {
    const { answer, failed, recorded } = opening();
    const first = expect(answer()).rejects.toThrow('the file is gone');
    failed(new Error('the file is gone'));
    await first;
    expect(recorded).toEqual([]);
  });
});

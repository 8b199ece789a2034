import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/export/batch.ts';
import { Pauses } from '../../../src/export/pauses.ts';
import { settling } from '../../../src/export/settle.ts';
import { millis } from '../../../src/lib/time-format.ts';
import type { DeadLetter, DeadLetters } from '../../../src/model/dead-letters.ts';
import { TestCounters } from '../../support/counters.ts';
import { batchOf, FakeOutbox } from './fake-outbox.ts';

const NEVER = new AbortController().signal;
const pauses = new Pauses({ initialInterval: millis(1), maxInterval: millis(1), wait: async () => {} });
const DONE: Decision = { kind: 'delivered' };

/** Settles batches whose events are decided one by one as given. */
const settled = (...batches: readonly (readonly Decision[])[]) => settledBy(batches);

async function settledBy(
  batches: readonly (readonly Decision[])[],
  letters?: DeadLetters,
  by: AbortSignal = NEVER,
) {
  const outbox = new FakeOutbox('abcd');
  const counters = new TestCounters();
  const logs: string[] = [];
  const rest = [...batches];
  const settle = settling(
    async function* () {
      for (const [seq, decision] of rest.shift()!.entries())
        yield { batch: batchOf('abcd').slice(seq, seq + 1), decision };
    },
    outbox,
    'siem',
    counters,
    (what, why, times = 1) => void logs.push(`${what} (${times}): ${why}`),
    letters && { letters, pauses },
  );
  for (const _ of batches) await settle(batchOf('abcd'), by);
  const counts = [counters.of('exported', 'siem'), counters.of('export_dead', 'siem')];
  return { settled: outbox.settled, counts, logs };
}

test('each part is settled and counted by its decision; refused ones are reported once a batch', async () => {
  const refused = (why: string): Decision => ({ kind: 'refused', why });
  expect(await settled([DONE, refused('HTTP 400'), DONE, refused('HTTP 413')])).toEqual({
    settled: ['siem 0 delivered', 'siem 1 dead', 'siem 2 delivered', 'siem 3 dead'],
    counts: [2, 2],
    logs: ['risk events were permanently refused by siem and are lost there (2): HTTP 400'],
  });
});

test('the rejected events of a partial success are dead, and no more than were sent', async () => {
  expect(await settled([{ ...DONE, rejected: 5, why: 'too old' }, DONE])).toEqual({
    settled: ['siem 0 delivered', 'siem 1 delivered'],
    counts: [1, 1],
    logs: ['risk events were permanently refused by siem and are lost there (1): too old'],
  });
});

test('a warning is reported once, until it is another', async () => {
  const warning = (why: string): Decision => ({ ...DONE, rejected: 0, why });
  const { counts, logs } = await settled([warning('soon full')], [warning('soon full')], [warning('full')]);
  expect([counts, logs]).toEqual([
    [3, 0],
    [
      'siem accepted all risk events, with a warning (1): soon full',
      'siem accepted all risk events, with a warning (1): full',
    ],
  ]);
});

test('a warning about other events is not the reason of a refusal', async () => {
  const { logs } = await settled([
    { ...DONE, rejected: 0, why: 'soon full' },
    { kind: 'refused', why: 'HTTP 400' },
  ]);
  expect(logs).toEqual(['risk events were permanently refused by siem and are lost there (1): HTTP 400']);
});

test('a batch that was stopped before any decision is not settled', async () => {
  expect(await settled([])).toEqual({ settled: [], counts: [0, 0], logs: [] });
});

describe('with dead letters', () => {
  test('refused events are kept before they are settled, with the reason', async () => {
    const kept: DeadLetter[] = [];
    const { settled, logs, counts } = await settledBy([[DONE, { kind: 'refused', why: 'HTTP 400' }]], {
      async write(to, all) {
        kept.push(...all);
        expect(to).toBe('siem');
      },
    } as DeadLetters);
    expect(kept).toMatchObject([{ event: { uid: 'b' }, why: 'HTTP 400' }]);
    expect(kept[0]).not.toHaveProperty('rejected');
    expect(settled).toEqual(['siem 0 delivered', 'siem 1 dead']);
    expect(counts).toEqual([1, 1]);
    expect(logs).toEqual([
      'risk events were permanently refused by siem and are in its dead letters (1): HTTP 400',
    ]);
  });

  test('all events of a partial success are kept, with how many were rejected', async () => {
    const kept: DeadLetter[] = [];
    const outbox = new FakeOutbox('abcd');
    const counters = new TestCounters();
    const settle = settling(
      async function* (batch) {
        yield { batch, decision: { kind: 'delivered', rejected: 3, why: 'too old' } };
      },
      outbox,
      'siem',
      counters,
      () => {},
      { letters: { write: async (_, all) => void kept.push(...all) as undefined }, pauses },
    );
    await settle(batchOf('abcd'), NEVER);
    expect(kept.map(({ event: { uid }, why, rejected }) => [uid, why, rejected])).toEqual(
      [...'abcd'].map((uid) => [uid, 'too old', { count: 3, of: 4 }]),
    );
    expect([counters.of('exported', 'siem'), counters.of('export_dead', 'siem')]).toEqual([1, 3]);
  });

  test('that cannot be written, it is tried again until they can', async () => {
    const answers = ['no space left', 'no space left', undefined];
    const { settled } = await settledBy([[{ kind: 'refused', why: 'HTTP 400' }]], {
      write: async () => answers.shift(),
    });
    expect(settled).toEqual(['siem 0 dead']);
    expect(answers).toEqual([]);
  });

  test('that cannot be written, nothing is settled or counted when it is stopped', async () => {
    const stop = new AbortController();
    const { settled, counts, logs } = await settledBy(
      [[{ kind: 'refused', why: 'HTTP 400' }, DONE]],
      {
        async write() {
          stop.abort();
          return 'no space left';
        },
      },
      stop.signal,
    );
    expect({ settled, counts, logs }).toEqual({ settled: [], counts: [0, 0], logs: [] });
  });
});

import { expect, test } from 'vitest';
import { bisecting } from '../../../src/export/bisection.ts';
import type { DoubtSender } from '../../../src/export/doubt.ts';
import { batchOf, uidsOf } from './fake-outbox.ts';

const NEVER = new AbortController().signal;
const DONE = { kind: 'delivered' } as const;
const REFUSED = { kind: 'refused', why: 'HTTP 400' } as const;
const STOPPED = { kind: 'stopped' } as const;

/** Sends `uids`, of which `waiting` are not in the batch but in the outbox; `answer` by the uids of a part and its doubt. */
async function bisected(
  uids: string,
  answer: (carried: string, doubtedAt?: number) => Awaited<ReturnType<DoubtSender>>,
  waiting = '',
) {
  const sent: string[] = [];
  const others = [batchOf(waiting)];
  const send = bisecting(
    async ({ batch, doubtedAt }) => {
      sent.push(uidsOf(batch));
      return answer(sent.at(-1)!, doubtedAt);
    },
    async () => others.shift() ?? [],
  );
  const decided: string[] = [];
  for await (const { batch, decision } of send(batchOf(uids), NEVER))
    decided.push(`${uidsOf(batch)} ${decision.kind}`);
  return { sent, decided };
}

test('what is delivered is given whole', async () => {
  expect(await bisected('abcd', () => DONE)).toEqual({ sent: ['abcd'], decided: ['abcd delivered'] });
});

test('what is refused is halved until the offending event is alone, in order', async () => {
  const { sent, decided } = await bisected('abcde', (carried) => (carried.includes('d') ? REFUSED : DONE));
  expect(sent).toEqual(['abcde', 'ab', 'cde', 'c', 'de', 'd', 'e']);
  expect(decided).toEqual(['ab delivered', 'c delivered', 'd refused', 'e delivered']);
});

test('what is in doubt is halved behind the other parts, and each half remembers the doubt', async () => {
  const doubts: (number | undefined)[] = [];
  const { sent, decided } = await bisected('abcd', (carried, doubtedAt) => {
    doubts.push(doubtedAt);
    return carried.length > 1 && carried.includes('a') ? { kind: 'in doubt', doubtedAt: 7 } : DONE;
  });
  expect(sent).toEqual(['abcd', 'ab', 'cd', 'a', 'b']);
  expect(decided).toEqual(['cd delivered', 'a delivered', 'b delivered']);
  expect(doubts).toEqual([undefined, 7, 7, 7, 7]);
});

test('the halves of a refused part keep its doubt', async () => {
  const doubts = new Map<string, number | undefined>();
  await bisected('abcd', (carried, doubtedAt) => {
    doubts.set(carried, doubtedAt);
    if (carried === 'abcd') return { kind: 'in doubt', doubtedAt: 3 };
    return carried === 'ab' ? REFUSED : DONE;
  });
  expect([doubts.get('a'), doubts.get('b')]).toEqual([3, 3]);
});

test('a single event in doubt is tried again after those that wait in the outbox', async () => {
  const { sent, decided } = await bisected(
    'a',
    (carried, doubtedAt) =>
      carried === 'a' && doubtedAt === undefined ? { kind: 'in doubt', doubtedAt: 0 } : DONE,
    'xy',
  );
  expect(sent).toEqual(['a', 'xy', 'a']);
  expect(decided).toEqual(['xy delivered', 'a delivered']);
});

test('a stop ends it; what was decided before is given', async () => {
  const { sent, decided } = await bisected('abcd', (carried) => {
    if (carried === 'abcd') return REFUSED;
    return carried === 'ab' ? DONE : STOPPED;
  });
  expect(sent).toEqual(['abcd', 'ab', 'cd']);
  expect(decided).toEqual(['ab delivered']);
});

import { expect, test } from 'vitest';
import { doubting } from '../../../src/export/doubt.ts';
import type { Doubtful } from '../../../src/export/retry.ts';
import type { RiskEvent } from '../../../src/model/risk.ts';
import { batchOf } from './fake-outbox.ts';

const NEVER = new AbortController().signal;
const DOUBTFUL: Doubtful = { kind: 'doubtful', why: 'HTTP 500' };

/** A doubt sender whose next outcome is set by `answer`; it records the patience that it asks for. */
function made(requestKey?: (event: RiskEvent) => string) {
  const patiences: number[] = [];
  const next: { answer: Awaited<ReturnType<Parameters<typeof doubting>[0]>> } = { answer: DOUBTFUL };
  const send = doubting(async (_, patience) => {
    patiences.push(patience);
    return next.answer;
  }, requestKey);
  return { patiences, next, send };
}

test.each([{ kind: 'delivered' }, { kind: 'refused', why: 'HTTP 400' }, { kind: 'stopped' }] as const)(
  'an outcome without doubt is given as it is: %j',
  async (answer) => {
    const { next, send } = made();
    next.answer = answer;
    expect(await send({ batch: batchOf('a') }, NEVER)).toEqual(answer);
  },
);

test('a doubtful answer leaves the batch in doubt while the destination accepts nothing', async () => {
  const { patiences, send } = made();
  const first = await send({ batch: batchOf('a') }, NEVER);
  expect(first).toEqual({ kind: 'in doubt', doubtedAt: 0 });
  expect(await send({ batch: batchOf('a'), doubtedAt: 0 }, NEVER)).toEqual(first);
  expect(patiences).toEqual([2, 1]);
});

test('the same answer is about the data once others were accepted in between', async () => {
  const { patiences, next, send } = made();
  next.answer = { kind: 'delivered' };
  await send({ batch: batchOf('b') }, NEVER);
  next.answer = DOUBTFUL;
  expect(await send({ batch: batchOf('a'), doubtedAt: 0 }, NEVER)).toEqual({
    kind: 'refused',
    why: 'HTTP 500',
  });
  expect(patiences).toEqual([2, 0]);
});

test('others that were accepted before the first doubt do not count, nor do refused ones', async () => {
  const { next, send } = made();
  next.answer = { kind: 'delivered' };
  await send({ batch: batchOf('b') }, NEVER);
  next.answer = DOUBTFUL;
  expect(await send({ batch: batchOf('a') }, NEVER)).toEqual({ kind: 'in doubt', doubtedAt: 1 });
  next.answer = { kind: 'refused', why: 'HTTP 400' };
  await send({ batch: batchOf('c') }, NEVER);
  next.answer = DOUBTFUL;
  expect(await send({ batch: batchOf('a'), doubtedAt: 1 }, NEVER)).toMatchObject({ kind: 'in doubt' });
});

test('others of another request key do not count: another tenant may be healthy', async () => {
  const { next, send } = made(({ uid }) => (uid < 'x' ? 'one' : 'two'));
  next.answer = { kind: 'delivered' };
  await send({ batch: batchOf('x') }, NEVER);
  next.answer = DOUBTFUL;
  expect(await send({ batch: batchOf('a'), doubtedAt: 0 }, NEVER)).toMatchObject({ kind: 'in doubt' });
  next.answer = { kind: 'delivered' };
  await send({ batch: batchOf('b') }, NEVER);
  next.answer = DOUBTFUL;
  expect(await send({ batch: batchOf('a'), doubtedAt: 0 }, NEVER)).toMatchObject({ kind: 'refused' });
});

import { expect, test } from 'vitest';
import { inTurns } from '../../../src/ops/in-turns.ts';

test('steps that would never end by themselves let other work through', async () => {
  let done = false;
  setTimeout(() => {
    done = true;
  });
  const steps = function* () {
    while (!done) yield;
    return 'ended';
  };
  expect(await inTurns(steps())).toBe('ended');
});

test('what a step throws is thrown', async () => {
  const steps = function* () {
    yield;
    throw new Error('a bug');
  };
  await expect(inTurns(steps())).rejects.toThrow('a bug');
});

import { expect, test } from 'vitest';
import { DueQueue } from '../../../src/correlate/due-queue.ts';
import { minutes } from '../../../src/lib/time-format.ts';
import type { Rule } from '../../../src/model/rule.ts';
import type { Micros } from '../../../src/model/time.ts';
import { aHit, aRule, aState, end, TEN, tumbling } from '../../support/hits.ts';

const at = (seconds: number) => (seconds * 1_000_000) as Micros;

const item = (name: string) => ({ name, due: undefined as number | undefined });

const aQueue = () => new DueQueue<ReturnType<typeof item>>((a, b) => (a.name < b.name ? -1 : 1));

test('the earliest is taken first, and nothing before its time', () => {
  const due = aQueue();
  due.add(at(5), item('later'));
  due.add(at(2), item('sooner'));
  expect([due.next, due.take(at(1))]).toEqual([at(2), undefined]);
  expect([due.take(at(9)), due.take(at(9))]).toMatchObject([{ name: 'sooner' }, { name: 'later' }]);
  expect([due.take(at(9)), due.next]).toEqual([undefined, undefined]);
});

test('what is removed is not taken, and puts the next time off', () => {
  const due = aQueue();
  const [gone, stays] = [item('gone'), item('stays')];
  due.add(at(2), gone);
  due.add(at(5), stays);
  due.remove(gone);
  due.remove(item('never there'));
  expect([gone.due, stays.due, due.next]).toEqual([undefined, 5, at(5)]);
  expect([due.take(at(9)), due.take(at(9))]).toEqual([stays, undefined]);
});

test('of one second, the order in which items came decides nothing', () => {
  const due = aQueue();
  for (const name of ['c', 'a', 'e', 'b']) due.add(at(2), item(name));
  const names = () => due.take(at(2))?.name;
  expect([due.first(at(2))?.name, names(), names()]).toEqual(['a', 'a', 'b']);
  due.remove(due.first(at(2))!);
  const late = item('d');
  due.add(at(2), late);
  expect([names(), names(), names()]).toEqual(['d', 'e', undefined]);
});

test('all that is due before a time is taken at once', () => {
  const due = aQueue();
  const items = [1, 2, 3].map((second) => [second, item(String(second))] as const);
  for (const [second, one] of items) due.add(at(second), one);
  expect(due.takeBefore(at(3)).map(({ name }) => name)).toEqual(['1', '2']);
  expect(due.next).toBe(at(3));
});

const REVOCABLE: Partial<Rule> = { condition: [{ op: 'lt', value: 3 }], emit: 'close' };
const both = { emit: 'both', condition: [{ op: 'gte', value: 1 }] } as const;

test.each<[string, Partial<Rule>]>([
  ['sliding, with a summary to come', both],
  ['tumbling', { window: tumbling, emit: 'close' }],
  ['judged', REVOCABLE],
  ['waiting for silence', { ...REVOCABLE, condition: [{ op: 'lt', value: 1 }] }],
])('a group that gives way to others is not held until it would have been due: %s', async (_, rule) => {
  const { state, give } = await aState([aRule(rule)], { groups: 1 });
  await give(aHit(TEN, { group: ['192.0.2.1'] }));
  const day = (TEN + minutes(60 * 24)) as Micros;
  await give(aHit(day, { group: ['192.0.2.2'] }));
  // The first group was the only one due before the next day.
  expect(await state.close(TEN)).toBeGreaterThan(day);
  await state.close(end);
  expect(await state.close(end)).toBeUndefined();
});

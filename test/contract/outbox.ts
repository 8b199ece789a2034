import { describe, expect, test } from 'vitest';
import type { OwnOutbox } from '../../src/correlate/own-outbox.ts';
import type { RiskEvent, Route } from '../../src/model/risk.ts';
import type { Level } from '../../src/model/rule.ts';
import { aRiskEvent } from '../unit/export/loopback.ts';

export interface OutboxBench {
  readonly outbox: OwnOutbox;
  /** Adds events, and resolves when they can be taken. */
  add(events: readonly RiskEvent[], since?: number): Promise<void>;
  /** Resolves when it knows all that was done. */
  known?(): Promise<void>;
}

type Taken = Awaited<ReturnType<OwnOutbox['take']>>;

const uids = (taken: Taken): string => taken.map(({ event }) => event.uid).join('');
const seqs = (taken: Taken): readonly number[] => taken.map(({ seq }) => seq);

/** Events of these levels, by their first letters; the uid is the place. */
function ofLevels(letters: string): readonly RiskEvent[] {
  const levels: Record<string, Level> = {
    i: 'informational',
    l: 'low',
    m: 'medium',
    h: 'high',
    c: 'critical',
  };
  return [...letters].map((letter, i) => ({
    ...aRiskEvent(String(i)),
    rank: { score: 0, level: levels[letter]! },
  }));
}

const all = (letters: string): readonly RiskEvent[] => [...letters].map((uid) => aRiskEvent(uid));

/** What every OwnOutbox promises; `make` gives a fresh one with these destinations. */
export function outboxContract(
  name: string,
  make: (destinations: readonly string[], route?: Route) => Promise<OutboxBench>,
  atStop: 'waits for delivery' | 'keeps what waits' = 'waits for delivery',
): void {
  const stopTest = test.skipIf(atStop === 'keeps what waits');
  describe(`${name}: what waits`, () => {
    test('what one destination has settled still waits for the other', async () => {
      const { outbox, add } = await make(['fast', 'slow']);
      await add(all('abc'));
      const taken = await outbox.take('fast', 2);
      expect([outbox.left('fast'), outbox.left('slow')]).toEqual([3, 3]);
      await outbox.settle('fast', seqs(taken), 'delivered');
      expect([outbox.size, outbox.left('fast'), outbox.left('slow')]).toEqual([3, 1, 3]);
      await outbox.settle('slow', seqs(await outbox.take('slow', 1)), 'dead');
      expect([outbox.size, outbox.left('fast'), outbox.left('slow')]).toEqual([2, 1, 2]);
      expect([outbox.settledBy('fast'), outbox.settledBy('slow')]).toEqual([2, 1]);
    });

    test('to settle twice, or a number that is not lent, is nothing', async () => {
      const { outbox, add } = await make(['one']);
      await add(all('ab'));
      const taken = await outbox.take('one', 1);
      await outbox.settle('one', [...seqs(taken), 1000], 'delivered');
      await outbox.settle('one', seqs(taken), 'delivered');
      expect([outbox.size, outbox.left('one'), outbox.settledBy('one')]).toEqual([1, 1, 1]);
      expect(uids(await outbox.take('one', 9))).toBe('b');
    });

    test('the oldest event of a destination is the first that it has not settled', async () => {
      const { outbox, add, known } = await make(['fast', 'slow']);
      expect(outbox.oldest('fast')).toBeUndefined();
      await add(all('a'), 10);
      await add(all('b'), 20);
      const [first, second] = await outbox.take('fast', 2);
      await outbox.settle('fast', [first!.seq], 'delivered');
      await known?.();
      expect([outbox.oldest('fast'), outbox.oldest('slow')]).toEqual([20, 10]);
      await outbox.settle('fast', [second!.seq], 'delivered');
      expect([outbox.oldest('fast'), outbox.oldest('slow')]).toEqual([undefined, 10]);
    });

    test('an event waits for the destinations of its route alone', async () => {
      const routes: Record<string, readonly string[]> = { a: ['one'], b: ['one', 'two'], c: [] };
      const { outbox, add } = await make(['one', 'two'], ({ uid }) => routes[uid]!);
      await add(all('abc'));
      expect([outbox.size, outbox.left('one'), outbox.left('two')]).toEqual([2, 2, 1]);
      expect(uids(await outbox.take('one', 9))).toBe('ab');
      expect(uids(await outbox.take('two', 9))).toBe('b');
    });
  });

  describe(`${name}: take`, () => {
    test('waits for the first event, and gives nothing once stopped and empty', async () => {
      const { outbox, add } = await make(['one']);
      const first = outbox.take('one', 10);
      await add(all('a'));
      expect(uids(await first)).toBe('a');
      const waiting = outbox.take('one', 10);
      await outbox.stop(AbortSignal.abort());
      expect(await waiting).toEqual([]);
    });

    test('the most severe come first, and of these the oldest', async () => {
      const { outbox, add } = await make(['one']);
      await add(ofLevels('imlchmc'));
      expect(uids(await outbox.take('one', 3))).toBe('364');
      expect(uids(await outbox.take('one', 9))).toBe('1520');
    });

    test('a critical event goes before all that waits in a flood of informational ones', async () => {
      const { outbox, add } = await make(['one']);
      await add(ofLevels('i'.repeat(3000)));
      await outbox.settle('one', seqs(await outbox.take('one', 2000)), 'delivered');
      await add([{ ...aRiskEvent('grave'), rank: { score: 90, level: 'critical' } }]);
      const [first, second] = await outbox.take('one', 2);
      expect([first!.event.uid, second!.event.uid]).toEqual(['grave', '2000']);
    });

    test('numbers grow in the order in which events came', async () => {
      const { outbox, add } = await make(['one']);
      await add(ofLevels('ic'));
      await add(ofLevels('h'));
      const taken = await outbox.take('one', 9);
      const inOrder = taken.toSorted((a, b) => a.seq - b.seq);
      expect(inOrder.map(({ event }) => event.rank.level)).toEqual(['informational', 'critical', 'high']);
    });
  });

  describe(`${name}: loans`, () => {
    test('the worst are the least severe, and of these the oldest; what is lent is not lent again', async () => {
      const { outbox, add } = await make(['one', 'two']);
      await add(ofLevels('cihil'));
      expect(outbox.lent('one')).toBe(0);
      expect(uids(await outbox.worst('one', 2))).toBe('13');
      expect([outbox.lent('one'), outbox.lent('two'), outbox.left('one')]).toEqual([2, 0, 5]);
      expect(uids(await outbox.take('one', 2))).toBe('02');
      expect(uids(await outbox.worst('one', 9))).toBe('4');
      expect(await outbox.worst('one', 9)).toEqual([]);
      expect(uids(await outbox.worst('two', 1))).toBe('1');
    });

    test('what is given back is in its old place, and wakes who waits for it', async () => {
      const { outbox, add } = await make(['one']);
      await add(ofLevels('iiic'));
      const worst = await outbox.worst('one', 2);
      const taken = await outbox.take('one', 2);
      expect(uids(taken)).toBe('32');
      const waiting = outbox.take('one', 9);
      outbox.giveBack('one', seqs(taken));
      expect(uids(await waiting)).toBe('32');
      outbox.giveBack('one', seqs(taken));
      outbox.giveBack('one', seqs(worst));
      outbox.giveBack('one', seqs(worst));
      expect([outbox.lent('one'), outbox.left('one'), outbox.settledBy('one')]).toEqual([0, 4, 0]);
      expect(uids(await outbox.take('one', 9))).toBe('3012');
    });

    test('two loans at a time are of different events, and what comes after them is taken', async () => {
      const { outbox, add } = await make(['one']);
      await add(ofLevels('iihh'));
      const [worst, taken] = await Promise.all([outbox.worst('one', 3), outbox.take('one', 3)]);
      expect([uids(worst), uids(taken)]).toEqual(['012', '3']);
      expect([outbox.lent('one'), outbox.left('one')]).toEqual([4, 4]);
      await add(all('a'));
      expect(uids(await outbox.take('one', 9))).toBe('a');
    });

    test('the listener is called once events can be taken', async () => {
      const { outbox, add } = await make(['one']);
      const seen: Promise<Taken>[] = [];
      outbox.onMore(() => void seen.push(outbox.worst('one', 9)));
      await add(all('ab'));
      expect(uids(await seen[0]!)).toBe('ab');
    });
  });

  describe(`${name}: stop`, () => {
    stopTest('resolves when all is settled', async () => {
      const { outbox, add } = await make(['one', 'two']);
      await add(all('a'));
      const order: string[] = [];
      const stopped = outbox.stop(new AbortController().signal).then(() => order.push('stopped'));
      await outbox.settle('one', seqs(await outbox.take('one', 1)), 'delivered');
      const last = await outbox.take('two', 1);
      order.push('settled');
      await outbox.settle('two', seqs(last), 'delivered');
      await stopped;
      expect(order).toEqual(['settled', 'stopped']);
      await outbox.stop(new AbortController().signal);
    });

    test('gives up when it must, and nothing is settled by that', async () => {
      const { outbox, add } = await make(['one']);
      await add(all('a'));
      const end = new AbortController();
      const stopped = outbox.stop(end.signal);
      end.abort();
      await stopped;
      expect([outbox.size, outbox.left('one')]).toEqual([1, 1]);
    });
  });
}

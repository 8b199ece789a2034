import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Detection } from '../../src/model/hit.ts';
import type { Render } from '../../src/model/risk.ts';
import type { Rule } from '../../src/model/rule.ts';
import type { Micros, Span } from '../../src/model/time.ts';
import { steadyClock } from '../../src/ops/clock.ts';
import { DurableState } from '../../src/store/durable-state.ts';
import { TestCounters } from '../support/counters.ts';
import { aHit, aRule, aState, asEvent, fired, give, TEN } from '../support/hits.ts';
import { type Disk, emptyDisk, MemoryStore } from '../support/memory-store.ts';
import { runs } from '../support/property.ts';

// A state that is left at any moment and opened again must give what one gives that was never left. Times are minutes.
const MINUTE = 60_000_000;
const span = (minutes: number) => (minutes * MINUTE) as Span;
const sliding = (quiet: number, lateness: number) =>
  ({ kind: 'sliding', quiet: span(quiet), lateness: span(lateness) }) as const;
const tumbling = (late: 'keep' | 'drop') =>
  ({ kind: 'tumbling', offset: span(1), lateness: span(2), late }) as const;

const two = [{ op: 'gte', value: 2 }] as const;
const RULES: Rule[] = [
  aRule({ id: 'at-once', fingerprint: 'a', timespan: span(5), window: sliding(7, 2), condition: two }),
  aRule({
    id: 'both',
    fingerprint: 'b',
    timespan: span(4),
    window: sliding(9, 3),
    condition: two,
    emit: 'both',
  }),
  aRule({
    id: 'close',
    fingerprint: 'c',
    timespan: span(6),
    window: sliding(6, 1),
    condition: two,
    emit: 'close',
  }),
  aRule({
    id: 'tumbling',
    fingerprint: 'd',
    timespan: span(5),
    window: tumbling('keep'),
    condition: two,
    emit: 'close',
  }),
  aRule({
    id: 'parity',
    fingerprint: 'e',
    timespan: span(5),
    window: tumbling('drop'),
    condition: two,
    emit: 'close',
    dedupe: 'none',
  }),
  aRule({
    id: 'judged',
    fingerprint: 'f',
    timespan: span(5),
    window: sliding(5, 2),
    condition: [{ op: 'eq', value: 2 }],
    emit: 'close',
  }),
  aRule({ id: 'silence', fingerprint: 'g', timespan: span(8), condition: [{ op: 'lt', value: 1 }] }),
  aRule({
    id: 'match',
    fingerprint: 'h',
    kind: 'match',
    timespan: span(0),
    condition: [{ op: 'gte', value: 1 }],
    groupBy: [],
  }),
  aRule({
    id: 'values',
    fingerprint: 'i',
    kind: 'value_count',
    conditionFields: ['verb'],
    timespan: span(9),
    window: sliding(9, 2),
    condition: two,
  }),
  aRule({
    id: 'outer',
    fingerprint: 'j',
    inputs: ['at-once'],
    timespan: span(20),
    window: sliding(20, 2),
    condition: two,
  }),
];
RULES.push(
  aRule({
    id: 'each',
    fingerprint: 'k',
    timespan: span(5),
    window: sliding(5, 2),
    condition: two,
    dedupe: 'none',
  }),
);
const COUNTED = RULES.filter(({ id }) => id !== 'outer');

type Act =
  | { readonly kind: 'hits'; readonly hits: readonly Drawn[] }
  | { readonly kind: 'close'; readonly after: number }
  | { readonly kind: 'reopen' | 'crash' | 'snapshot' };

interface Drawn {
  readonly rule: number;
  readonly delay: number;
  readonly identity: number;
  readonly group: string;
  readonly verb: string;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  rule: fc.integer({ min: 0, max: COUNTED.length - 1 }),
  delay: fc.integer({ min: 0, max: 4 }),
  identity: fc.integer({ min: 0, max: 9 }),
  group: fc.constantFrom('a', 'b', 'c'),
  verb: fc.constantFrom('get', 'list', 'watch'),
});

const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('hits' as const),
        hits: fc.array(drawn, { minLength: 1, maxLength: 5 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('close' as const), after: fc.integer({ min: 0, max: 6 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom('reopen' as const, 'crash' as const, 'snapshot' as const),
      }),
    },
  ),
  { minLength: 20, maxLength: 60, size: 'max' },
);

/** As a result filter does, it drops some detections. */
const render: Render = (detection) =>
  detection.group['client.address'] === 'c' && detection.kind === 'risk' ? [] : asEvent(detection);

async function opened(disk: Disk, rules: readonly Rule[], groups = 10_000) {
  const counters = new TestCounters();
  const store = new MemoryStore(disk);
  const failed: string[] = [];
  const state = await DurableState.open(store, {
    limits: { groups, bytes: 128 * 2 ** 20, values: 1000 },
    counters,
    destinations: ['test'],
    queues: new Map([['test', { size: 10_000, onFull: 'block' }]]),
    rendererOf: () => render,
    clock: steadyClock,
    hooks: {
      attempted() {},
      failed: (why) => failed.push(why),
      recovered: () => failed.push('recovered'),
      unsaved: (why) => failed.push(why),
      unread: (to, why) => failed.push(`${to}: ${why}`),
      lost: (rule) => failed.push(rule.id),
    },
    wait: () => new Promise((resolve) => setImmediate(resolve)),
    snapshotAfter: Number.POSITIVE_INFINITY,
  });
  if ('kind' in state) throw new Error(state.why);
  await state.use(rules, render);
  return { state, store, counters, failed };
}

const inOrder = (all: readonly Detection[]) => all.toSorted((a, b) => (a.id < b.id ? -1 : 1));

async function sameAsMemory(all: readonly Act[], groups?: number): Promise<number> {
  const memory = await aState(RULES, groups === undefined ? {} : { groups });
  await memory.state.use(RULES, render);
  const disk = emptyDisk();
  let durable = await opened(disk, RULES, groups);
  let now = TEN as number;
  let found = 0;
  const same = async () => {
    const expected = inOrder(await fired(memory.state));
    found += expected.length;
    const { state } = durable;
    const probe = state.record([], { release() {} });
    await probe;
    expect(inOrder(await fired(state))).toEqual(expected);
    // Not what groups take up: one that was restored may be held in another way.
    expect(state.held.groups).toBe(memory.state.held.groups);
  };
  for (const act of all) {
    if (act.kind === 'hits') {
      now += MINUTE / 2;
      const hits = act.hits.map(({ rule, delay, identity, group, verb }) => {
        const { id, fingerprint, groupBy, dedupe } = COUNTED[rule]!;
        const at = Math.floor(now / MINUTE - delay) * MINUTE;
        return aHit(at, {
          rule: id,
          fingerprint,
          arrived: now as Micros,
          identity: dedupe === 'none' ? null : String(identity),
          group: groupBy.length === 0 ? [] : [groups === undefined ? group : group + (identity % 3)],
          payer: verb,
          ...(id === 'both' && identity === 1 ? { lasting: true } : {}),
          values: { verb: [verb] },
        });
      });
      await give(durable.state, hits);
      await give(memory.state, hits);
    } else if (act.kind === 'close') {
      now += act.after * MINUTE;
      await durable.state.close(now as Micros);
      await memory.state.close(now as Micros);
    } else if (act.kind === 'snapshot') {
      // Hits that come while it is made must not be in it.
      void durable.state.saveNow();
    } else {
      // What was not settled durably comes again; here all is.
      await durable.state.record([], { release() {} });
      if (act.kind === 'reopen') await durable.state.closeStore(new AbortController().signal);
      else durable.store.dead = true;
      durable = await opened(disk, RULES, groups);
    }
    await same();
  }
  now += 100 * MINUTE;
  await memory.state.close(now as Micros);
  await durable.state.close(now as Micros);
  await same();
  return found;
}

describe('a durable state', () => {
  test('gives what one in memory gives, whenever it is left and opened again', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(acts, async (all) => {
        found += await sameAsMemory(all);
      }),
      runs(150),
    );
    expect(found).toBeGreaterThan(500);
  });

  test('the same where groups give way to others', async () => {
    await fc.assert(
      fc.asyncProperty(
        acts,
        fc.integer({ min: 2, max: 4 }),
        async (all, groups) => void (await sameAsMemory(all, groups)),
      ),
      runs(100),
    );
  });
});

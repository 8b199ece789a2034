import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answeredWithin, hitTime } from '../../src/hits/request-time.ts';
import type { Detection, Hit } from '../../src/model/hit.ts';
import type { Rule } from '../../src/model/rule.ts';
import type { Micros, Span } from '../../src/model/time.ts';
import { aHit, aRule, aState, end, TEN } from '../support/hits.ts';
import { runs } from '../support/property.ts';

// A request counts once: the first of its stages that arrives is the hit, all others are nothing. So what the windows
// answer to all stages is what they answer to the first ones alone, whatever the lengths, the hours and the repeats.

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const span = (minutes: number) => (minutes * MINUTE) as Span;
const STAGES = ['RequestReceived', 'ResponseStarted', 'ResponseComplete'] as const;

const RULES: Readonly<Record<string, Partial<Rule>>> = {
  'sliding, at the crossing': { condition: [{ op: 'gte', value: 2 }] },
  'sliding, with a summary': { condition: [{ op: 'gte', value: 1 }], emit: 'both' },
  judged: { condition: [{ op: 'eq', value: 2 }], emit: 'close' },
  'tumbling, late ones kept': {
    window: { kind: 'tumbling', offset: span(0), lateness: span(10), late: 'keep' },
    condition: [{ op: 'gte', value: 1 }],
    emit: 'close',
  },
  'tumbling, late ones dropped': {
    window: { kind: 'tumbling', offset: span(0), lateness: span(10), late: 'drop' },
    condition: [{ op: 'gte', value: 1 }],
    emit: 'close',
  },
  ordered: {
    kind: 'temporal_ordered',
    inputs: ['base', 'other'],
    condition: [],
    groupBy: [],
  },
  'without a window': { kind: 'match', groupBy: [], timespan: span(0) },
};

/** Seconds that a request lasts: short ones, some of minutes, and sessions of three hours. */
const lasts = fc.oneof(
  fc.constantFrom(0, 0.005, 12, 59, 61, 300, 3 * 3600),
  fc.integer({ min: 0, max: 4 * 3600 }),
);

const request = fc.record({
  /** Seconds after ten o'clock: mostly just before the hour. */
  received: fc.oneof(fc.integer({ min: 3540, max: 3600 }), fc.integer({ min: 0, max: 4 * 3600 })),
  lasts,
  stages: fc.subarray([...STAGES], { minLength: 1 }),
  input: fc.constantFrom('base', 'other'),
  /** Seconds that each record is late, as a collector that follows a log is. */
  delay: fc.integer({ min: 0, max: 60 }),
  repeats: fc.integer({ min: 1, max: 2 }),
});

function hitsOf(rule: Rule, requests: readonly (typeof request extends fc.Arbitrary<infer T> ? T : never)[]) {
  return requests
    .flatMap(({ received, lasts, stages, input, delay, repeats }, i) =>
      stages.flatMap((stage) => {
        const start = (TEN + received * SECOND) as Micros;
        const after = {
          RequestReceived: 0,
          ResponseStarted: Math.min(lasts, 0.005),
          ResponseComplete: lasts,
        };
        const staged = (start + Math.round(after[stage] * SECOND)) as Micros;
        const starts = stage !== 'ResponseComplete';
        const { at, lasting } = hitTime(
          rule,
          answeredWithin(rule),
          { recordAt: undefined },
          { at: staged, timed: true, received: start, starts },
        );
        return Array.from({ length: repeats }, (_, repeat) =>
          aHit(at, {
            identity: `request-${i}`,
            input: rule.kind === 'match' ? 'base' : input,
            lasting,
            arrived: (staged + (delay + repeat * 5) * SECOND) as Micros,
            group: rule.groupBy.length > 0 ? ['192.0.2.1'] : [],
          }),
        );
      }),
    )
    .sort((a, b) => a.arrived - b.arrived);
}

async function answer(rule: Rule, hits: readonly Hit[]): Promise<readonly unknown[]> {
  const bench = await aState([rule]);
  for (const hit of hits) {
    await bench.state.close(hit.arrived);
    await bench.give(hit);
  }
  await bench.state.close(end);
  // A count that says "at least" depends on what was known when it fired.
  return (await bench.fired()).map(({ id, kind, at, exact, count, seen }) =>
    exact ? { id, kind, at, count, seen } : { id, kind, at },
  );
}

test.each(Object.entries(RULES))(
  '%s: a request counts once, at the time of its first stage',
  async (_, more) => {
    const rule = aRule(more);
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 8 }), async (requests) => {
        const all = hitsOf(rule, requests);
        const known = new Set<string>();
        const first = all.filter(({ identity }) => !known.has(identity!) && known.add(identity!));
        expect(await answer(rule, all)).toEqual(await answer(rule, first));
      }),
      runs(150),
    );
  },
);

test.each(Object.entries(RULES))('%s: no detection and no summary goes out twice', async (_, more) => {
  const rule = aRule(more);
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 8 }), async (requests) => {
      const fired = await answer(rule, hitsOf(rule, requests));
      const ids = fired.map((one) => JSON.stringify([(one as Detection).id, (one as Detection).kind]));
      expect(new Set(ids).size).toBe(ids.length);
    }),
    runs(150),
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detectionId } from '../../src/correlate/rule-windows.ts';
import { minutes } from '../../src/lib/time-format.ts';
import type { Detection, Hit, Values } from '../../src/model/hit.ts';
import type { Bound, Rule, Seen } from '../../src/model/rule.ts';
import type { Micros, Span } from '../../src/model/time.ts';
import { isSilence } from '../../src/semantics/silence.ts';
import { previewGivesWhatFires } from '../contract/preview.ts';
import { aHit, aRule, aState, end, TEN } from '../support/hits.ts';
import { countOf, figureOf, judgedSpans, meetsLiterally, slidingIds } from '../support/naive.ts';
import { runs } from '../support/property.ts';

// Everything happens in units of a minute around ten o'clock; spans of a few minutes make every border case likely.
const MINUTE = minutes(1);
const INPUTS = ['a', 'b', 'c', 'd'];
const VALUES: readonly Values[] = [
  {},
  { f: ['1'] },
  { f: ['2'] },
  { f: ['1', '3'] },
  { f: ['x'] },
  { f: ['2'], g: ['u'] },
  { f: ['1', '2'], g: ['u', 'v'] },
  { f: ['-4.5', 'y'], g: ['v'] },
  { g: ['u'] },
];

interface Case {
  readonly rule: Rule;
  /** In order of arrival. */
  readonly hits: readonly Hit[];
}

type Counts = Partial<
  Pick<Rule, 'kind' | 'inputs' | 'condition' | 'conditionFields' | 'percentile' | 'seen'>
>;

const oneOf = fc.constantFrom;
const input = (id: string): Seen => ({ kind: 'input', id });
const { seen: anySeen } = fc.letrec<{ seen: Seen }>((tie) => ({
  seen: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    oneOf(...INPUTS).map(input),
    fc.record({
      kind: oneOf('all' as const, 'any' as const),
      of: fc.array(tie('seen'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), of: tie('seen') }),
  ),
}));
const negates = (seen: Seen): boolean =>
  seen.kind === 'not' || (seen.kind !== 'input' && seen.of.some(negates));

const least = (max: number): fc.Arbitrary<readonly Bound[]> =>
  fc.integer({ min: 1, max }).map((value) => [{ op: 'gte', value }]);
const fields = oneOf(['f'], ['f', 'g']);

const GROWING: Readonly<Record<string, fc.Arbitrary<Counts>>> = {
  event_count: fc.record({ kind: fc.constant('event_count' as const), condition: least(4) }),
  value_count: fc.record({
    kind: fc.constant('value_count' as const),
    condition: least(4),
    conditionFields: fields,
  }),
  'temporal, so many of its inputs': fc.record({
    kind: fc.constant('temporal' as const),
    condition: fc.oneof(fc.constant([]), least(4)),
  }),
  'temporal, a condition over its inputs': fc.record({
    kind: fc.constant('temporal' as const),
    condition: fc.constant([]),
    seen: anySeen.filter((seen) => !negates(seen)),
  }),
  temporal_ordered: fc.record({
    kind: fc.constant('temporal_ordered' as const),
    condition: fc.constant([]),
    inputs: fc.shuffledSubarray(INPUTS, { minLength: 2, maxLength: 3 }),
  }),
};

const bound = (ops: readonly Bound['op'][]) =>
  fc.record({ op: oneOf(...ops), value: fc.integer({ min: 0, max: 5 }) });
const revocableBounds: fc.Arbitrary<readonly Bound[]> = fc
  .oneof(
    bound(['lt', 'lte', 'eq', 'neq']).map((one) => [one]),
    fc.tuple(bound(['gt', 'gte']), bound(['lt', 'lte'])),
  )
  // Silence is another matter: silence-windows.test.ts.
  .filter((condition) => !isSilence({ kind: 'event_count', condition }));
const anyBounds = fc.oneof(
  revocableBounds,
  bound(['gt', 'gte']).map((one) => [one]),
);
const number = (kind: Rule['kind']) =>
  fc.record({
    kind: fc.constant(kind),
    condition: anyBounds,
    conditionFields: fc.constant(['f']),
    percentile: oneOf(0, 10, 50, 90, 100),
  });

const REVOCABLE: Readonly<Record<string, fc.Arbitrary<Counts>>> = {
  event_count: fc.record({ kind: fc.constant('event_count' as const), condition: revocableBounds }),
  value_count: fc.record({
    kind: fc.constant('value_count' as const),
    condition: revocableBounds,
    conditionFields: fields,
  }),
  'temporal, a number of its inputs': fc.record({
    kind: fc.constant('temporal' as const),
    condition: revocableBounds,
  }),
  'temporal, a condition over its inputs': fc.record({
    kind: fc.constant('temporal' as const),
    condition: fc.constant([]),
    seen: anySeen.filter(negates),
  }),
  value_sum: number('value_sum'),
  value_avg: number('value_avg'),
  value_percentile: number('value_percentile'),
  value_median: number('value_median'),
};

interface Drawn {
  readonly at: number;
  readonly identity: number;
  readonly inputs: readonly string[];
  readonly group: string;
  readonly delay: number;
  /** Of a second delivery. */
  readonly again: number | null;
  readonly named: boolean;
}

const drawn = (delay: fc.Arbitrary<number>) =>
  fc.record<Drawn>({
    at: fc.integer({ min: 0, max: 60 }),
    identity: fc.integer({ min: 0, max: 12 }),
    // One event may match several.
    inputs: fc.subarray(INPUTS, { minLength: 1, maxLength: 2 }),
    group: oneOf('A', 'A', 'B'),
    delay,
    again: fc.option(delay, { freq: 1 }),
    named: oneOf(true, true, true, false),
  });

/** One event has one set of values, whichever inputs it matched. */
function hitsOf({ at, identity, inputs, group, delay }: Drawn, named: boolean): Hit[] {
  const time = TEN + at * MINUTE;
  return inputs.map((input) =>
    aHit(time, {
      arrived: (time + delay * MINUTE) as Micros,
      identity: named ? String(identity) : null,
      input,
      group: [group],
      values: VALUES[(identity * 7 + at * 3) % VALUES.length]!,
    }),
  );
}

/** `delays`: any, or such that they differ by no more than the lateness (live, or a backlog). */
function cases(
  counts: fc.Arbitrary<Counts>,
  delays: 'any' | 'alike',
  { unnamed = false, more = {} as Partial<Rule> } = {},
): fc.Arbitrary<Case> {
  const shape = fc.record({
    timespan: fc.integer({ min: 1, max: 8 }),
    quiet: fc.integer({ min: 1, max: 20 }),
    lateness: fc.integer({ min: 0, max: 5 }),
    base: fc.integer({ min: -3000, max: 3000 }),
  });
  const delay = delays === 'any' ? fc.integer({ min: -90, max: 90 }) : fc.integer({ min: 0, max: 5 });
  return fc
    .tuple(counts, shape, fc.array(drawn(delay), { maxLength: 30 }))
    .map(([counts, { timespan, quiet, lateness, base }, all]) => ({
      rule: aRule({
        inputs: INPUTS,
        timespan: (timespan * MINUTE) as Span,
        window: { kind: 'sliding', quiet: (quiet * MINUTE) as Span, lateness: (lateness * MINUTE) as Span },
        ...counts,
        ...more,
      }),
      hits: all
        .flatMap((one) =>
          [one.delay, ...(one.again === null ? [] : [one.again])].flatMap((drawn) => {
            const delay = delays === 'any' ? drawn : base + Math.min(drawn, lateness);
            return hitsOf({ ...one, delay }, one.named || !unnamed);
          }),
        )
        .sort((a, b) => a.arrived - b.arrived),
    }));
}

/** `sparing`: without the hits that the state calls idle. */
async function run({ rule, hits }: Case, closing = true, sparing = false): Promise<readonly Detection[]> {
  const bench = await aState([rule]);
  for (const hit of hits) {
    if (closing) await bench.state.close(hit.arrived);
    if (sparing && bench.state.idle(hit.rule, hit.fingerprint, hit.group, hit.at, hit.arrived)) continue;
    await bench.give(hit);
  }
  await bench.state.close(end);
  return bench.fired();
}

const risks = (fired: readonly Detection[]) => fired.filter(({ kind }) => kind === 'risk');
const ids = (fired: readonly Detection[]) => risks(fired).map(({ id }) => id);

describe.each(Object.entries(GROWING))('sliding %s', (_name, counts) => {
  test('whatever fires is in the naive answer, for any delays and repeats', async () => {
    await fc.assert(
      fc.asyncProperty(cases(counts, 'any'), fc.boolean(), async (one, sparing) => {
        const allowed = slidingIds(one.rule, one.hits);
        for (const id of ids(await run(one, true, sparing))) expect(allowed).toContain(id);
      }),
      runs(150),
    );
  });

  test('all of it fires, each once, while delays differ by no more than the lateness', async () => {
    await fc.assert(
      fc.asyncProperty(cases(counts, 'alike'), fc.boolean(), async (one, sparing) => {
        expect(ids(await run(one, true, sparing)).sort()).toEqual([...slidingIds(one.rule, one.hits)].sort());
      }),
      runs(250),
    );
  });

  test('the order of arrival decides nothing, and a second delivery of everything fires nothing new', async () => {
    await fc.assert(
      fc.asyncProperty(
        cases(counts, 'alike').chain(({ rule, hits }) =>
          fc.shuffledSubarray([...hits], { minLength: hits.length }).map((hits) => ({ rule, hits })),
        ),
        async ({ rule, hits }) => {
          const arrived = Math.max(0, ...hits.map(({ at }) => at)) as Micros;
          const once = hits.map((hit) => ({ ...hit, arrived }));
          const fired = ids(await run({ rule, hits: [...once, ...once] }, false));
          expect(fired.sort()).toEqual([...slidingIds(rule, hits)].sort());
        },
      ),
      runs(150),
    );
  });

  test('a detection that fires at once counts no more than its span holds', async () => {
    await fc.assert(
      fc.asyncProperty(cases(counts, 'alike'), async (one) => {
        for (const { window, group, count, value, seen } of await run(one)) {
          const span = one.hits.filter(
            (hit) => hit.group[0] === group['client.address'] && hit.at > window[0] && hit.at <= window[1],
          );
          expect(count).toBeGreaterThan(0);
          expect(count).toBeLessThanOrEqual(countOf(span));
          expect(seen[0]).toBeGreaterThan(window[0]);
          expect(seen[1]).toBeLessThanOrEqual(window[1]);
          expect(value === undefined).toBe(one.rule.kind !== 'value_count');
          if (value !== undefined) expect(value).toBeLessThanOrEqual(figureOf(one.rule, span)!);
        }
      }),
      runs(100),
    );
  });

  test('a summary gives the final figures of its bucket', async () => {
    await fc.assert(
      fc.asyncProperty(cases(counts, 'alike', { more: { emit: 'both' } }), async (one) => {
        // Live: no hit comes after its bucket closed.
        const hits = one.hits.map((hit) => ({ ...hit, arrived: hit.at })).sort((a, b) => a.at - b.at);
        const fired = await run({ rule: one.rule, hits });
        const summaries = fired.filter(({ kind }) => kind === 'summary');
        expect(summaries.map((summary) => summary.of).sort()).toEqual(ids(fired).sort());
        for (const { window, group, count, value, exact } of summaries) {
          const own = hits.filter(
            (hit) => hit.group[0] === group['client.address'] && hit.at >= window[0] && hit.at < window[1],
          );
          expect([count, exact]).toEqual([countOf(own), true]);
          if (one.rule.kind === 'value_count') expect(value).toBe(figureOf(one.rule, own));
        }
      }),
      runs(100),
    );
  });

  test('preview gives what record then fires, and changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(cases(counts, 'alike'), async ({ rule, hits }) => {
        await previewGivesWhatFires(rule, hits);
      }),
      runs(60),
    );
  });
});

describe.each(Object.entries(REVOCABLE))('judged: %s', (_name, counts) => {
  test('the buckets that fire are those of the naive judgement at arrival + lateness, for any delays', async () => {
    await fc.assert(
      fc.asyncProperty(cases(counts, 'any', { unnamed: true, more: { emit: 'close' } }), async (one) => {
        const wanted = judgedSpans(one.rule, one.hits).filter(({ qualifies }) => qualifies);
        const fired = await run(one);
        expect([...new Set(ids(fired))].sort()).toEqual([...new Set(wanted.map(({ id }) => id))].sort());
        for (const { id, at, count, value, exact } of fired) {
          const figures = wanted
            .filter((own) => own.id === id && own.hit.at === at)
            .map(({ span }) => [countOf(span), valueFigure(one.rule, span)]);
          expect(figures).toContainEqual([count, value]);
          expect(exact).toBe(true);
        }
      }),
      runs(250),
    );
  });

  test('while delays differ by no more than the lateness, they are those of all hits ever received, each once', async () => {
    await fc.assert(
      fc.asyncProperty(cases(counts, 'alike', { more: { emit: 'close' } }), async (one) => {
        expect(ids(await run(one)).sort()).toEqual([...slidingIds(one.rule, one.hits)].sort());
      }),
      runs(250),
    );
  });

  test('nothing fires at a hit, and closing late changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(cases(counts, 'any', { unnamed: true, more: { emit: 'close' } }), async (one) => {
        const bench = await aState([one.rule]);
        for (const hit of one.hits) {
          await bench.give(hit);
          expect(await bench.fired()).toEqual([]);
        }
        await bench.state.close(end);
        const wanted = judgedSpans(one.rule, one.hits).filter(({ qualifies }) => qualifies);
        expect([...new Set(ids(await bench.fired()))].sort()).toEqual(
          [...new Set(wanted.map(({ id }) => id))].sort(),
        );
      }),
      runs(150),
    );
  });
});

const valueFigure = (rule: Rule, hits: readonly Hit[]) =>
  rule.kind.startsWith('value_') ? figureOf(rule, hits) : undefined;

describe.each([
  ...Object.entries(GROWING),
  ...Object.entries(REVOCABLE).map(([name, counts]) => [`${name}, revocable`, counts] as const),
])('tumbling %s', (_name, counts) => {
  test('every window that meets its condition fires once, with exact figures', async () => {
    const shape = fc.record({
      timespan: fc.integer({ min: 1, max: 10 }),
      offset: fc.integer({ min: 0, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(
        cases(counts, 'any', { unnamed: true }),
        shape,
        async ({ rule: drawn, hits: any }, { timespan, offset }) => {
          const length = timespan * MINUTE;
          const from = (offset % timespan) * MINUTE;
          const rule: Rule = {
            ...drawn,
            timespan: length as Span,
            window: { kind: 'tumbling', offset: from as Span, lateness: minutes(5), late: 'keep' },
            emit: 'close',
          };
          const hits = any
            .map((hit) => ({
              ...hit,
              arrived: (hit.at + (Math.abs((hit.arrived - hit.at) / MINUTE) % 6) * MINUTE) as Micros,
            }))
            .sort((a, b) => a.arrived - b.arrived)
            .filter((hit) => hit.arrived - hit.at <= minutes(5));
          const start = (at: number) => Math.floor((at - from) / length) * length + from;
          const windows = Map.groupBy(hits, (hit) => `${hit.group[0]} ${start(hit.at)}`);
          const expected = [...windows.values()]
            .filter((own) => meetsLiterally(rule, own))
            .map((own) => [
              detectionId(rule, own[0]!.group, start(own[0]!.at)),
              countOf(own),
              valueFigure(rule, own),
              Math.max(...own.map(({ at }) => at)),
            ]);
          const fired = (await run({ rule, hits })).map(({ id, count, value, at }) => [id, count, value, at]);
          expect(fired.sort()).toEqual(expected.sort());
        },
      ),
      runs(120),
    );
  });
});

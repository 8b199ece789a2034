import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detectionId } from '../../src/correlate/rule-windows.ts';
import { IDENTITIES_MAX } from '../../src/correlate/window-figures.ts';
import type { Detection, Hit } from '../../src/model/hit.ts';
import type { Rule } from '../../src/model/rule.ts';
import type { Micros, Span } from '../../src/model/time.ts';
import { previewGivesWhatFires } from '../contract/preview.ts';
import { aHit, aRule, aState, end, TEN } from '../support/hits.ts';
import { runs } from '../support/property.ts';

// Everything happens in units of a minute around ten o'clock; spans of a few minutes make every border case likely.
const MINUTE = 60_000_000;
const span = (minutes: number) => (minutes * MINUTE) as Span;

interface Case {
  readonly rule: Rule;
  readonly hits: readonly Hit[];
}

/** Hits in order of arrival. `delay` gives arrival minus time, in minutes. */
function cases(delay: fc.Arbitrary<number>, sameDelay: boolean): fc.Arbitrary<Case> {
  const shape = fc.record({
    timespan: fc.integer({ min: 1, max: 8 }),
    quiet: fc.integer({ min: 1, max: 20 }),
    lateness: fc.integer({ min: 0, max: 5 }),
    least: fc.integer({ min: 1, max: 4 }),
    emit: fc.constantFrom('crossing' as const, 'both' as const),
    base: fc.integer({ min: -3000, max: 3000 }),
  });
  const hit = fc.record({
    at: fc.integer({ min: 0, max: 60 }),
    identity: fc.integer({ min: 0, max: 12 }),
    group: fc.constantFrom('a', 'b'),
    delay,
    jitter: fc.integer({ min: 0, max: 5 }),
  });
  return fc.tuple(shape, fc.array(hit, { maxLength: 60 })).map(([shape, drawn]) => ({
    rule: aRule({
      timespan: span(shape.timespan),
      window: { kind: 'sliding', quiet: span(shape.quiet), lateness: span(shape.lateness) },
      condition: [{ op: 'gte', value: shape.least }],
      emit: shape.emit,
    }),
    hits: drawn
      .map(({ at, identity, group, delay, jitter }) => {
        const time = TEN + at * MINUTE;
        const late = sameDelay ? shape.base + Math.min(jitter, shape.lateness) : delay;
        return aHit(time, {
          arrived: (time + late * MINUTE) as Micros,
          identity: String(identity),
          group: [group],
        });
      })
      .sort((a, b) => a.arrived - b.arrived),
  }));
}

/** The definition, applied literally to all hits ever received. */
function naive(rule: Rule, hits: readonly Hit[]): ReadonlySet<string> {
  const least = rule.condition[0]!.value;
  const { quiet } = rule.window as { quiet: number };
  const ids = new Set<string>();
  for (const j of hits) {
    const within = new Set(
      hits
        .filter((i) => i.group[0] === j.group[0] && i.at > j.at - rule.timespan && i.at <= j.at)
        .map((i) => i.identity),
    );
    if (within.size >= least) ids.add(detectionId(rule, j.group, Math.floor(j.at / quiet) * quiet));
  }
  return ids;
}

async function run({ rule, hits }: Case, limits = {}, closing = true): Promise<readonly Detection[]> {
  const bench = await aState([rule], limits);
  for (const hit of hits) {
    if (closing) await bench.state.close(hit.arrived);
    await bench.give(hit);
  }
  await bench.state.close(end);
  return bench.fired();
}

const risks = (fired: readonly Detection[]) =>
  fired.filter(({ kind }) => kind === 'risk').map(({ id }) => id);
const anyDelay = fc.integer({ min: -90, max: 90 });

test('sliding: whatever fires is in the answer of the naive model, for any delays and repeats', async () => {
  await fc.assert(
    fc.asyncProperty(cases(anyDelay, false), async (drawn) => {
      const allowed = naive(drawn.rule, drawn.hits);
      for (const id of risks(await run(drawn))) expect(allowed).toContain(id);
    }),
    runs(300),
  );
});

test('sliding: all of the naive answer fires, each once, while delays differ by no more than the lateness (live or backlog)', async () => {
  await fc.assert(
    fc.asyncProperty(cases(anyDelay, true), async (drawn) => {
      expect([...risks(await run(drawn))].sort()).toEqual([...naive(drawn.rule, drawn.hits)].sort());
    }),
    runs(500),
  );
});

test('sliding: the order of arrival decides nothing, and a second delivery of everything fires nothing new', async () => {
  await fc.assert(
    fc.asyncProperty(
      cases(fc.constant(0), true).chain((drawn) =>
        fc.record({
          rule: fc.constant(drawn.rule),
          hits: fc.shuffledSubarray([...drawn.hits], { minLength: drawn.hits.length }),
        }),
      ),
      async ({ rule, hits }) => {
        const arrived = Math.max(0, ...hits.map((hit) => hit.at)) as Micros;
        const once = hits.map((hit) => ({ ...hit, arrived }));
        const fired = risks(await run({ rule, hits: [...once, ...once] }, {}, false));
        expect([...fired].sort()).toEqual([...naive(rule, hits)].sort());
      },
    ),
    runs(300),
  );
});

test('sliding: a flood in one cell, trimmed to what decides, still answers every span', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 20, maxLength: 80 }),
      fc.integer({ min: 2, max: 5 }),
      async (times, least) => {
        const rule = aRule({
          timespan: span(10),
          window: { kind: 'sliding', quiet: span(10), lateness: span(40) },
          condition: [{ op: 'gte', value: least }],
        });
        const arrived = (TEN + 30 * MINUTE) as Micros;
        const hits = times.map((at) => aHit(TEN + at * MINUTE, { arrived }));
        expect([...risks(await run({ rule, hits }))].sort()).toEqual([...naive(rule, hits)].sort());
      },
    ),
    runs(300),
  );
});

test('sliding: a small group table may lose detections but never invents one, and never holds more than its bounds', async () => {
  await fc.assert(
    fc.asyncProperty(cases(anyDelay, false), async ({ rule, hits }) => {
      const many = hits.map((hit, i) => ({ ...hit, group: [`${hit.group[0]}${i % 5}`] }));
      const bench = await aState([rule], { groups: 3, bytes: 8000 });
      const allowed = naive(rule, many);
      for (const hit of many) {
        await bench.give(hit);
        expect(bench.state.held.groups).toBeLessThanOrEqual(3);
        expect(bench.state.held.bytes).toBeLessThanOrEqual(8000);
      }
      const own = (await bench.fired()).filter(({ overflow }) => overflow === undefined);
      for (const id of risks(own)) expect(allowed).toContain(id);
    }),
    runs(200),
  );
});

test('sliding: an overflow detection claims only what was there, and each bucket of a network has one', async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(
      cases(anyDelay, true),
      fc.integer({ min: 2, max: 5 }),
      async ({ rule, hits }, groups) => {
        const many = hits.map((hit, i) => ({
          ...hit,
          group: [`${hit.group[0]}${i % 7}`],
          payer: `${hit.group[0]}`,
        }));
        const bench = await aState([rule], { groups });
        for (const hit of many) {
          await bench.give(hit);
          expect(bench.state.held.groups).toBeLessThanOrEqual(groups);
        }
        const all = (await bench.fired()).filter(({ overflow }) => overflow !== undefined);
        found += all.length;
        for (const { window, count, overflow } of all) {
          const { groups, network } = overflow!;
          const within = many.filter(
            ({ at, payer }) => at > window[0] && at <= window[1] && (network ?? payer) === payer,
          );
          expect(new Set(within.map(({ identity }) => identity)).size).toBeGreaterThanOrEqual(count);
          expect(new Set(within.map(({ group }) => group[0])).size).toBeGreaterThanOrEqual(groups);
          expect(count).toBeGreaterThanOrEqual(rule.condition[0]!.value);
        }
        expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
      },
    ),
    runs(300),
  );
  expect(found).toBeGreaterThan(10);
});

test('sliding: what a group holds does not grow with its hits', async () => {
  const rule = aRule();
  const bench = await aState([rule]);
  const sizes: number[] = [];
  for (let i = 0; i < 3000; i++) {
    await bench.give(aHit(TEN + (i % 3000) * 1000));
    if (i % 100 === 99) sizes.push(bench.state.held.bytes);
  }
  expect(Math.max(...sizes)).toBeLessThanOrEqual(sizes[0]! * 2);
});

/** No hit comes after its bucket closed: all come within the lateness, or all are a backlog, which closes after its arrival. */
const intime = ({ rule, hits }: Case) => {
  const lateness = rule.window.lateness;
  const delays = hits.map((hit) => hit.arrived - hit.at);
  return delays.every((delay) => delay <= lateness) || delays.every((delay) => delay > lateness);
};

test('each bucket that fired has one summary, which counts all hits of the bucket', async () => {
  await fc.assert(
    fc.asyncProperty(cases(fc.constant(0), true).filter(intime), async (drawn) => {
      const rule = { ...drawn.rule, emit: 'both' as const };
      const fired = await run({ rule, hits: drawn.hits });
      const summaries = fired.filter(({ kind }) => kind === 'summary');
      expect(summaries.map((summary) => summary.of).sort()).toEqual([...risks(fired)].sort());
      for (const summary of summaries) {
        const [from, to] = summary.window;
        const own = drawn.hits.filter(
          (hit) => hit.at >= from && hit.at < to && hit.group[0] === summary.group['client.address'],
        );
        expect(summary.count).toBe(new Set(own.map((hit) => hit.identity)).size);
        expect(summary.exact).toBe(true);
        expect(summary.seen).toEqual([
          Math.min(...own.map((hit) => hit.at)),
          Math.max(...own.map((hit) => hit.at)),
        ]);
      }
    }),
    runs(300),
  );
});

test('emit close: the same detections as at once, with final figures', async () => {
  await fc.assert(
    fc.asyncProperty(cases(fc.constant(0), true), async (drawn) => {
      const fired = await run({ rule: { ...drawn.rule, emit: 'close' }, hits: drawn.hits });
      expect([...risks(fired)].sort()).toEqual([...naive(drawn.rule, drawn.hits)].sort());
    }),
    runs(200),
  );
});

test('tumbling: every window that meets its condition fires once with exact figures; late ones are dropped and counted', async () => {
  const hit = fc.record({
    at: fc.integer({ min: 0, max: 60 }),
    delay: fc.integer({ min: 0, max: 30 }),
    identity: fc.option(fc.integer({ min: 0, max: 9 })),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 0, max: 10 }),
      fc.array(hit, { maxLength: 60 }),
      async (timespan, offset, lateness, drawn) => {
        const rule = aRule({
          timespan: span(timespan),
          window: {
            kind: 'tumbling',
            offset: span(offset % timespan),
            lateness: span(lateness),
            late: 'drop',
          },
          condition: [{ op: 'gt', value: 1 }],
          emit: 'close',
        });
        const hits = drawn
          .map(({ at, delay, identity }) =>
            aHit(TEN + at * MINUTE, {
              arrived: (TEN + (at + delay) * MINUTE) as Micros,
              identity: identity === null ? null : String(identity),
            }),
          )
          .sort((a, b) => a.arrived - b.arrived);
        const start = (at: number) =>
          Math.floor((at - span(offset % timespan)) / span(timespan)) * span(timespan) +
          span(offset % timespan);
        const taken = hits.filter((one) => one.arrived < start(one.at) + span(timespan) + span(lateness));
        const bench = await aState([rule]);
        for (const one of hits) {
          await bench.state.close(one.arrived);
          await bench.give(one);
        }
        await bench.state.close(end);
        const expected = [...new Set(taken.map((one) => start(one.at)))].flatMap((from) => {
          const own = taken.filter((one) => start(one.at) === from);
          const count =
            own.filter((one) => one.identity === null).length +
            new Set(own.flatMap((one) => one.identity ?? [])).size;
          return count > 1
            ? [[detectionId(rule, ['192.0.2.1'], from), count, Math.max(...own.map((one) => one.at))]]
            : [];
        });
        const fired = (await bench.fired()).map(({ id, count, at }) => [id, count, at]);
        expect(fired.sort()).toEqual(expected.sort());
        expect(bench.counters.of('hits_late_dropped')).toBe(hits.length - taken.length);
      },
    ),
    runs(300),
  );
});

test('tumbling with late: keep counts a backlog of any age', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 60, max: 100_000 }),
      async (times, age) => {
        const rule = aRule({
          timespan: span(10),
          window: { kind: 'tumbling', offset: 0 as Span, lateness: span(1), late: 'keep' },
          condition: [{ op: 'gte', value: 2 }],
          emit: 'close',
        });
        const hits = times.map((at) => aHit(TEN + at * MINUTE, { arrived: (TEN + age * MINUTE) as Micros }));
        const windows = Map.groupBy(hits, (one) => Math.floor(one.at / span(10)) * span(10));
        const fired = await run({ rule, hits });
        expect(fired.map(({ count }) => count).sort()).toEqual(
          [...windows.values()]
            .map((own) => own.length)
            .filter((count) => count > 1)
            .sort(),
        );
      },
    ),
    runs(100),
  );
});

test('preview gives what record then fires, and changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(cases(anyDelay, true), async ({ rule, hits }) => {
      await previewGivesWhatFires(rule, hits);
    }),
    runs(150),
  );
});

test('a summary of more identities than are held says that its count is inexact', async () => {
  const bench = await aState([aRule({ emit: 'both' })]);
  for (let i = 0; i <= IDENTITIES_MAX; i++) await bench.give(aHit(TEN + i * 1000));
  await bench.state.close(end);
  const summary = (await bench.fired()).find(({ kind }) => kind === 'summary');
  expect(summary).toMatchObject({ count: IDENTITIES_MAX + 1, exact: false });
});

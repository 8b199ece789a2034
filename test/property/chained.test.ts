import fc from 'fast-check';
import { expect, test } from 'vitest';
import { minutes } from '../../src/lib/time-format.ts';
import type { Detection, Hit } from '../../src/model/hit.ts';
import type { Rule } from '../../src/model/rule.ts';
import type { Micros, Span } from '../../src/model/time.ts';
import { aHit, aRule, aState, end, TEN } from '../support/hits.ts';
import { judgedSpans, slidingIds } from '../support/naive.ts';
import { runs } from '../support/property.ts';

const MINUTE = minutes(1);
const span = (minutes: number) => (minutes * MINUTE) as Span;

interface Case {
  readonly inner: readonly Rule[];
  readonly outer: Rule;
  readonly hits: readonly Hit[];
}

const OUTER: readonly Partial<Rule>[] = [
  { kind: 'event_count', condition: [{ op: 'gte', value: 2 }] },
  { kind: 'event_count', condition: [{ op: 'eq', value: 2 }], emit: 'close' },
  { kind: 'value_count', condition: [{ op: 'gte', value: 2 }], conditionFields: ['user'] },
  { kind: 'temporal', condition: [] },
  { kind: 'temporal_ordered', condition: [] },
  {
    kind: 'temporal',
    condition: [],
    seen: {
      kind: 'all',
      of: [
        { kind: 'input', id: 'one' },
        { kind: 'not', of: { kind: 'input', id: 'two' } },
      ],
    },
    emit: 'close',
  },
];

/** Two rules that count by client and user, and one that counts their detections by client. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    timespan: fc.integer({ min: 1, max: 6 }),
    quiet: fc.integer({ min: 1, max: 10 }),
    lateness: fc.integer({ min: 0, max: 4 }),
    silent: fc.boolean(),
    outer: fc.constantFrom(...OUTER),
    outerSpan: fc.integer({ min: 1, max: 12 }),
    outerQuiet: fc.integer({ min: 1, max: 12 }),
    drawn: fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 40 }),
        delay: fc.integer({ min: 0, max: 4 }),
        identity: fc.integer({ min: 0, max: 12 }),
        rule: fc.constantFrom('one', 'two'),
        user: fc.constantFrom('u', 'v'),
        client: fc.constantFrom('A', 'B'),
      }),
      { maxLength: 50 },
    ),
  })
  .map(({ timespan, quiet, lateness, silent, outer, outerSpan, outerQuiet, drawn }) => ({
    inner: ['one', 'two'].map((id) =>
      aRule({
        id,
        fingerprint: id,
        silent,
        groupBy: ['client', 'user'],
        condition: [{ op: 'gte', value: 2 }],
        timespan: span(timespan),
        window: { kind: 'sliding', quiet: span(quiet), lateness: span(lateness) },
      }),
    ),
    outer: aRule({
      id: 'outer',
      fingerprint: 'outer',
      inputs: ['one', 'two'],
      groupBy: ['client'],
      timespan: span(outerSpan),
      // What is fired at once may be stamped with a later hit, up to a timespan of the inner rules.
      window: { kind: 'sliding', quiet: span(outerQuiet), lateness: span(timespan + lateness) },
      ...outer,
    }),
    hits: drawn
      .map(({ at, delay, identity, rule, user, client }) =>
        aHit(TEN + at * MINUTE, {
          rule,
          fingerprint: rule,
          arrived: (TEN + (at + Math.min(delay, lateness)) * MINUTE) as Micros,
          identity: String(identity),
          group: [client, user],
        }),
      )
      .sort((a, b) => a.arrived - b.arrived),
  }));

async function run(rules: readonly Rule[], hits: readonly Hit[]) {
  const bench = await aState(rules);
  const fired: { readonly detection: Detection; readonly arrived: Micros }[] = [];
  for (const hit of hits) {
    await bench.state.close(hit.arrived);
    await bench.give(hit);
    for (const detection of await bench.fired()) fired.push({ detection, arrived: hit.arrived });
  }
  await bench.state.close(end);
  for (const detection of await bench.fired()) fired.push({ detection, arrived: end });
  return fired;
}

/** A detection as the definition has it: a hit with its id for an identity, in the group that its own group names. */
const asHit = ({ detection, arrived }: Awaited<ReturnType<typeof run>>[number]): Hit =>
  aHit(detection.at, {
    rule: 'outer',
    fingerprint: 'outer',
    input: detection.rule,
    identity: detection.id,
    arrived,
    group: [detection.group['client']!],
    values: { user: [detection.group['user']!] },
  });

test('a rule that counts detections fires as the naive model does over the detections that were fired', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ inner, outer, hits }) => {
      const counted = (
        await run(
          inner.map((rule) => ({ ...rule, silent: false })),
          hits,
        )
      ).map(asHit);
      const fired = (await run([outer, ...inner], hits)).map(({ detection }) => detection);
      expect(
        fired
          .filter(({ rule }) => rule === 'outer')
          .map(({ id }) => id)
          .sort(),
      ).toEqual([...slidingIds(outer, counted)].sort());
      const own = fired.filter(({ rule }) => rule !== 'outer').map(({ id }) => id);
      expect(own).toEqual(inner[0]!.silent ? [] : counted.map(({ identity }) => identity));
    }),
    runs(400),
  );
});

test('a chained condition that can be revoked is judged at the arrival of the detection plus lateness', async () => {
  await fc.assert(
    fc.asyncProperty(
      cases.filter(({ outer }) => outer.emit === 'close'),
      fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 50, maxLength: 50 }),
      async ({ inner, outer, hits }, delays) => {
        const any = hits
          .map((hit, i) => ({ ...hit, arrived: (hit.at + delays[i]! * MINUTE) as Micros }))
          .sort((a, b) => a.arrived - b.arrived);
        const counted = (
          await run(
            inner.map((rule) => ({ ...rule, silent: false })),
            any,
          )
        ).map(asHit);
        const wanted = judgedSpans(outer, counted).filter(({ qualifies }) => qualifies);
        const fired = (await run([outer, ...inner], any)).filter(
          ({ detection }) => detection.rule === 'outer',
        );
        expect([...new Set(fired.map(({ detection }) => detection.id))].sort()).toEqual(
          [...new Set(wanted.map(({ id }) => id))].sort(),
        );
      },
    ),
    runs(200),
  );
});

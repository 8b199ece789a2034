import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { table } from '../support/markdown.ts';
import type { AuditLevel } from '../support/production/call.ts';
import { ACTORS } from '../support/production/events.ts';
import { type Fired, type Judged, judged } from '../support/production/judged.ts';
import { DAY } from '../support/production/schedule.ts';
import { BUDGET } from '../support/production/week.ts';

// The default pack over a week of an ordinary production cluster. What it says of it is false alarms, all of it.
// production-week.json holds what it says, by audit level, rule and level: nothing above low, and little of that. It may
// shrink. WEEK=update writes it anew; CI refuses that. WEEK=show prints the accounts.

const KNOWN = new URL('production-week.json', import.meta.url);
/** So many days at each audit level. What needs no body fires at both, so that a few days are enough for the lower one. */
const DAYS = { RequestResponse: 7, Metadata: 3 } as const satisfies Record<AuditLevel, number>;
const LEVELS = Object.keys(DAYS) as readonly AuditLevel[];
const LOUD = ['medium', 'high', 'critical'];
/** Under so many detections of level low a day. */
const LOW_A_DAY = 10;
/** All but the scans, which are no part of an ordinary week. */
const AT_WORK = Object.keys(ACTORS)
  .filter((actor) => actor !== 'scans')
  .sort();
/** A week is much for a machine that does other things too. */
const PATIENCE = 600_000;

/** Detections, by rule and level. */
type Counts = Record<string, Record<string, number>>;

/** What production-week.json holds of an audit level. */
interface Known {
  readonly events: number;
  readonly requests: Record<string, number>;
  readonly fired: Counts;
}

function counted(fired: readonly Fired[]): Counts {
  const counts: Counts = {};
  for (const { rule, level } of fired.toSorted((a, b) => (a.rule < b.rule ? -1 : 1))) {
    counts[rule] ??= {};
    counts[rule][level] = (counts[rule][level] ?? 0) + 1;
  }
  return counts;
}

/** `rule level: 3, known 2`: what is more than is known. Informational ones are not counted. */
const grown = (counts: Counts, known: Counts): readonly string[] =>
  Object.entries(counts).flatMap(([rule, levels]) =>
    Object.entries(levels).flatMap(([level, count]) => {
      const before = known[rule]?.[level] ?? 0;
      return level === 'informational' || count <= before
        ? []
        : [`${rule} ${level}: ${count}, known ${before}`];
    }),
  );

const found: Partial<Record<AuditLevel, Judged>> = {};
const known = (): Record<AuditLevel, Known> => JSON.parse(readFileSync(KNOWN, 'utf8'));

beforeAll(async () => {
  for (const level of LEVELS) found[level] = await judged(level, DAYS[level]);
  if (process.env['WEEK'] === 'show') show();
  if (process.env['WEEK'] !== 'update') return;
  if (process.env['CI']) throw new Error('CI does not write what it should check');
  const all = Object.fromEntries(LEVELS.map((level) => [level, knownOf(found[level]!)]));
  writeFileSync(KNOWN, `${JSON.stringify(all, null, 2)}\n`);
}, PATIENCE);

const knownOf = ({ events, requests, fired }: Judged): Known => ({ events, requests, fired: counted(fired) });

describe.each(LEVELS)('ordinary days at level %s', (level) => {
  const fired = () => found[level]!.fired;

  test('are no more events than the budget, and each actor is at work', () => {
    expect(found[level]!.events).toBeLessThanOrEqual((BUDGET * DAYS[level]) / 7);
    expect([...found[level]!.actors].sort()).toEqual(AT_WORK);
  });

  test('raise no more than is known', () => {
    expect(grown(counted(fired()), known()[level].fired)).toEqual([]);
  });

  test('raise nothing above low', () => {
    expect(Object.keys(counted(fired().filter((one) => LOUD.includes(one.level))))).toEqual([]);
  });

  test(`raise under ${LOW_A_DAY} of level low a day`, () => {
    const days = Map.groupBy(
      fired().filter((one) => one.level === 'low'),
      ({ at }) => Math.floor(at / DAY),
    );
    for (const ofDay of days.values()) expect(ofDay.length).toBeLessThan(LOW_A_DAY);
  });
});

/** By rule, level and account. Parts of names that are random are left out. */
function show(): void {
  for (const level of LEVELS) {
    const rows = Map.groupBy(found[level]!.fired, (one) =>
      [one.rule, one.level, one.account.replace(/(?<=node:\w+)-.*/, '-*')].join(' '),
    );
    const lines = [...rows].map(([key, all]) => [...key.split(' '), String(all.length)]).sort();
    console.log(
      `${level}, ${found[level]!.events} events\n\n${table(['rule', 'level', 'account', 'a week'], lines)}`,
    );
  }
}

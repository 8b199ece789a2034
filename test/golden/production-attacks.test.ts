import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { engine } from '../support/engine.ts';
import { TEN } from '../support/events.ts';
import { end } from '../support/hits.ts';
import { type Attack, attackEvents } from '../support/production/attacks.ts';
import { fileNames } from '../support/production/judged.ts';

// What hides behind the traffic of production-week.test.ts. A rule that becomes quiet for that must still see this.

const ATTACKS: readonly Attack[] = parse(
  readFileSync(new URL('production-attacks.yml', import.meta.url), 'utf8'),
);
const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'];

/** Rules that fired, each with its level, for each attack. */
let fired: readonly Readonly<Record<string, string>>[] = [];

// Each attack in a cluster of its own, since loading the pack takes longer than all of them.
beforeAll(async () => {
  const run = await engine('rules: {packs: [sidewatch]}');
  const names = fileNames(run.rules);
  for (const [i, attack] of ATTACKS.entries())
    expect(await run.send(attackEvents(attack, TEN), TEN, clusterOf(i))).toEqual({
      kind: 'accepted',
      rejected: 0,
    });
  await run.end();
  await run.close(end);
  const risks = (await run.fired()).filter(({ name }) => name === 'sidewatch.risk');
  fired = ATTACKS.map((_, i) =>
    Object.fromEntries(
      risks
        .filter(({ resource }) => resource['k8s.cluster.name'] === clusterOf(i))
        .map(({ detection, severityText }) => [names.get(detection.rule)!, severityText]),
    ),
  );
});

const clusterOf = (i: number): string => `attack-${i}`;
const firedBy = (attack: Attack) => fired[ATTACKS.indexOf(attack)]!;

const atLeast = (level: string | undefined, least: string): boolean =>
  level !== undefined && LEVELS.indexOf(level) >= LEVELS.indexOf(least);

const seen = ATTACKS.filter(({ missed }) => missed === undefined);
const missed = ATTACKS.filter((attack) => attack.missed !== undefined);

describe.each(seen)('behind $hides: $attack', (attack) => {
  test.each(Object.entries(attack.fires ?? {}))('%s fires, at least %s', (rule, least) => {
    const all = firedBy(attack);
    expect(atLeast(all[rule], least), `it fires ${JSON.stringify(all)}`).toBe(true);
  });
});

test.each(missed)('behind $hides, missed today: $attack', (attack) => {
  expect(Object.entries(firedBy(attack)).filter(([, level]) => atLeast(level, 'low'))).toEqual([]);
});

test('every attack says what fires, or why nothing does', () => {
  for (const { attack, fires, missed: why } of ATTACKS)
    expect((fires === undefined) !== (why === undefined), attack).toBe(true);
});

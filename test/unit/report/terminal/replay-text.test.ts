import { describe, expect, test } from 'vitest';
import { textWidth } from '../../../../src/lib/text-width.ts';
import { Findings } from '../../../../src/report/findings.ts';
import { overviewOf, type Reading } from '../../../../src/report/overview.ts';
import { COLOURS } from '../../../../src/report/terminal/colours.ts';
import { findingsTable } from '../../../../src/report/terminal/findings-table.ts';
import { overviewText } from '../../../../src/report/terminal/overview-text.ts';
import { TEN } from '../../../support/events.ts';
import { nothingAmiss } from '../nothing-amiss.ts';
import { type RiskEventParts, riskEventOf } from '../risk-event-of.ts';

const look = { width: 120, zone: 'utc', colours: COLOURS.none } as const;

function foundIn(events: Readonly<Record<string, RiskEventParts>>) {
  const findings = new Findings([riskEventOf.rule]);
  for (const [id, parts] of Object.entries(events)) findings.add(riskEventOf(id, parts));
  return findings;
}

const seven = (user = 'alice') =>
  foundIn(
    Object.fromEntries(
      Array.from({ length: 7 }, (_, i) => [
        `d${i}`,
        { attributes: { 'user.name': i < 2 ? user : 'system:anonymous', 'client.address': `10.0.0.${i}` } },
      ]),
    ),
  );

const overview = (findings: Findings, reading: Partial<Reading> = {}, width = 120) =>
  overviewText(overviewOf(findings.list(), findings.tally, { ...nothingAmiss, ...reading }), findings.tally, {
    ...look,
    width,
  });

describe('the table of findings', () => {
  test('shows at 80 columns how grave, how often, when, who and what', () => {
    const attributes = { 'user.name': 'alice@example.com', 'client.address': '81.2.69.142' };
    const found = foundIn({ a: { attributes, body: 'alice@example.com was denied again and again' } });
    expect(
      findingsTable(
        [{ ...found.list()[0]!, rule: { ...riskEventOf.rule, title: 'Kubernetes User Denied Many Times' } }],
        { ...look, width: 80 },
      ).split('\n'),
    ).toEqual([
      'LEVEL   SCORE  COUNT  FIRST     WHO               MESSAGE',
      'medium     49     6+  10:00:00  alice@example.c…  alice@example.com was denied …',
      '',
    ]);
  });

  test('has no line that is wider than the terminal', () => {
    const list = seven('u'.repeat(500)).list();
    for (const width of [60, 80, 100, 120, 160])
      for (const line of findingsTable(list, { ...look, width }).split('\n'))
        expect(textWidth(line)).toBeLessThanOrEqual(width);
  });

  test('leaves nothing out without a width', () => {
    const [head, row] = findingsTable(seven().list(), { ...look, width: undefined }).split('\n');
    expect(head).toMatch(/^LEVEL +SCORE +COUNT +FIRST +LAST +WHO +RULE +MESSAGE +TECHNIQUE$/);
    expect(row).toMatch(
      / 2026-01-15 10:00:00 +2026-01-15 10:00:01 .* Kubernetes Scan .* T1046 Network Service/,
    );
  });

  test('shows dates where there are several, and marks times that are no event times', () => {
    const day = 86_400_000_000;
    const text = findingsTable(
      foundIn({
        a: { detection: { values: { '@time.fallback': ['true'] } } },
        b: { detection: { seen: [TEN + day, TEN + day] as never } },
      }).list(),
      look,
    );
    expect(text).toContain('~2026-01-15 10:00:00');
    expect(text).toContain(' 2026-01-16 10:00:00');
  });

  test('has a column of alerts only where a row has several', () => {
    const hour = 3_600_000_000;
    const next = { seen: [TEN + 1, TEN + 2], window: [TEN, TEN + hour] } as never;
    const text = findingsTable(foundIn({ a: {}, b: { detection: next } }).list(), look);
    expect(
      text
        .split('\n')
        .slice(0, 2)
        .map((line) => line.split(/ {2,}/)[3]),
    ).toEqual(['ALERTS', '2']);
    expect(findingsTable(foundIn({ a: {} }).list(), look)).not.toContain('ALERTS');
  });

  test('colours levels, and only where colours are wanted', () => {
    const list = foundIn({ a: { level: 'critical' }, b: {} }).list();
    expect(findingsTable(list, { ...look, colours: COLOURS.some })).toMatch(/\u001b\[[0-9;]*m.*critical/);
    expect(findingsTable(list, look)).not.toContain('\u001b');
  });
});

describe('the overview', () => {
  test('of few findings is short', () => {
    expect(overview(foundIn({ a: {}, b: { level: 'high' } }))).toBe(
      '620 audit events in 1 file, 2026-01-15 10:00:00 to 10:00:00 (UTC)\n2 detections: 1 high, 1 medium\n',
    );
  });

  test('of many names actors and rules: a user, or an address where there are no credentials', () => {
    const text = overview(seven());
    expect(text).toMatch(
      /TOP ACTORS +WORST +SCORE +DETECTIONS +\(and 1 more\)\nalice +medium +98 +2\n10\.0\.0\.2 /,
    );
    expect(text).toMatch(/TOP RULES +WORST +DETECTIONS\nScan +medium +7\n/);
  });

  test('shows when, where detections are of several times', () => {
    const findings = seven();
    findings.add({ ...riskEventOf('late'), at: (TEN + 3 * 3_600_000_000) as never });
    expect(overview(findings)).toContain(
      `when  █${'·'.repeat(35)}▂\n      from 2026-01-15 10:00 on, each mark is 5 minutes\n      busiest hours: 2026-01-15 10:00 with 7, 2026-01-15 13:00 with 1\n`,
    );
  });

  test('says why there may be more', () => {
    const text = overview(foundIn({ a: {} }), {
      unread: ['x', 'y'],
      malformed: 1,
      shortfalls: ['3 hits came too late'],
      blind: ['A', 'B', 'C', 'D'].map((title) => ({ title: `Kubernetes ${title}`, events: 200 })),
      stopped: true,
    });
    expect(text.split('\n').slice(2, -1)).toEqual([
      'stopped early: only what was found until then',
      '2 parts of the input could not be read, see the end',
      '1 malformed record left out',
      '3 hits came too late',
      '4 rules saw nothing: the audit policy logs no request bodies (A, B, C, ...)',
    ]);
  });

  test('fits the terminal', () => {
    for (const line of overview(
      seven('u'.repeat(300)),
      { unread: ['x'], shortfalls: ['y'.repeat(200)] },
      60,
    ).split('\n'))
      expect(textWidth(line)).toBeLessThanOrEqual(60);
  });
});

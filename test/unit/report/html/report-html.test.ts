import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Detection } from '../../../../src/model/hit.ts';
import { EvidentFindings } from '../../../../src/report/findings.ts';
import type { PageData } from '../../../../src/report/html/page-data.ts';
import { FINDINGS_MAX, reportHtml, reportPage } from '../../../../src/report/html/report-html.ts';
import { overviewOf, type Reading } from '../../../../src/report/overview.ts';
import { renderer } from '../../../../src/risk/render.ts';
import { TEN } from '../../../support/events.ts';
import { aDetection, aRule, counters } from '../../risk/rendered.ts';
import { nothingAmiss } from '../nothing-amiss.ts';

const READING: Reading = { ...nothingAmiss, files: 2, events: 1234 };

function dataOf(detections: readonly Partial<Detection>[], reading: Partial<Reading> = {}, rule = aRule()) {
  const findings = new EvidentFindings([rule], { all: true });
  const render = renderer([rule], {}, counters);
  for (const detection of detections) for (const event of render(aDetection(detection))) findings.add(event);
  const list = findings.list();
  return {
    overview: overviewOf(list, findings.tally, { ...READING, ...reading }),
    findings: list,
    scores: [],
    local: false,
    made: TEN,
    version: '1.2.3',
  };
}

const pageOf = (...args: Parameters<typeof dataOf>): PageData => reportPage(dataOf(...args));

describe('a page', () => {
  test('has figures, lists and each detection with its rule', () => {
    const rule = aRule({
      falsePositives: ['A scanner of your own.'],
      references: ['https://example.org', 'file:///x'],
    });
    const page = pageOf([{ values: { verb: ['list'], '@audit_id': ['a-1'] } }], {}, rule);
    expect(page.headline).toContainEqual({ label: 'Audit events', value: '1,234' });
    expect(page.tops[0]).toEqual({
      title: 'Top actors by score',
      rows: [{ name: '81.2.69.142 prod', figure: 49 }],
    });
    expect(page.covered).toEqual([TEN / 1000, TEN / 1000]);
    expect(page.findings).toMatchObject([
      {
        rule: 0,
        level: 'medium',
        score: 49,
        auditIds: ['a-1'],
        values: [{ name: 'verb', values: ['list'], more: 0 }],
      },
    ]);
    expect(page.rules).toMatchObject([
      {
        title: 'Kubernetes API scanning',
        falsePositives: ['A scanner of your own.'],
        attack: [
          { text: 'T1046 Network Service Discovery', url: 'https://attack.mitre.org/techniques/T1046/' },
          { text: 'Discovery (tactic)', url: 'https://attack.mitre.org/tactics/TA0007/' },
        ],
        references: [{ text: 'https://example.org', url: 'https://example.org' }, { text: 'file:///x' }],
      },
    ]);
  });

  test('says what was not read and what could not be seen', () => {
    const { notes } = pageOf([], {
      stopped: true,
      malformed: 3,
      unread: ['a.log: no such file'],
      shortfalls: ['2 hits came too late'],
      blind: [{ title: 'Host path', events: 1500 }],
    });
    expect(notes).toEqual([
      'The reading was stopped early: the report shows what was found until then.',
      '3 malformed records were left out.',
      '2 hits came too late',
      'Could not be read: a.log: no such file',
      'Saw nothing, because the audit policy logs no request bodies: Host path (1,500 events)',
    ]);
  });

  test('holds so many rows and says how many it leaves out', () => {
    const many = Array.from({ length: FINDINGS_MAX + 2 }, (_, i) => ({ id: String(i) }));
    const page = pageOf(many);
    expect(page.findings).toHaveLength(FINDINGS_MAX);
    expect(page.notes).toEqual(['2 more rows, the least grave, are not in this report.']);
  });

  test('holds so many values of a field and says how many there are', () => {
    const verb = Array.from({ length: 250 }, (_, i) => `verb-${i}`);
    const [finding] = pageOf([{ values: { verb } }]).findings;
    expect(finding?.values[0]?.values).toHaveLength(200);
    expect(finding?.values[0]?.more).toBe(50);
  });

  test('holds so much of the values of a finding', () => {
    const verb = Array.from({ length: 30 }, (_, i) => `${i}`.padEnd(1_000, 'x'));
    const [finding] = pageOf([{ values: { verb, userAgent: ['curl'] } }]).findings;
    const all = finding?.values.flatMap(({ values }) => values) ?? [];
    expect(all.join('').length).toBeLessThanOrEqual(20_000);
    expect(all.length).toBeGreaterThan(15);
    expect(finding?.values.reduce((sum, { more }) => sum + more, all.length)).toBe(31);
  });

  test('is not longer than a browser can read, whatever clients wrote', () => {
    const verb = Array.from({ length: 10 }, (_, i) => `${i}`.padEnd(2_000, '<'));
    const many = Array.from({ length: 4_000 }, (_, i) => ({ id: String(i), values: { verb } }));
    const page = pageOf(many);
    expect(JSON.stringify(page.findings).length).toBeLessThan(51_000_000);
    expect(page.findings.length).toBeGreaterThan(2_000);
    expect(page.notes).toEqual([
      expect.stringMatching(/^[\d,]+ more rows, the least grave, are not in this report\.$/),
    ]);
  });
});

describe('the file', () => {
  const html = reportHtml(dataOf([{ values: { verb: ['</script><!--', 'a\u2028b'] } }]));

  test('allows its own scripts and styles alone, by their hashes', () => {
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)!;
    const hashes = (pattern: RegExp) =>
      [...html.matchAll(pattern)].map(
        ([, text]) => `'sha256-${createHash('sha256').update(text!).digest('base64')}'`,
      );
    expect(policy).toBe(
      `default-src 'none'; script-src ${hashes(/<script>(.*?)<\/script>/gs).join(' ')}; style-src ${hashes(/<style>(.*?)<\/style>/gs).join(' ')}; img-src data:; base-uri 'none'; form-action 'none'`,
    );
  });

  test('has data in which nothing is markup', () => {
    const [, json] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)!;
    expect(json).not.toMatch(/[<>&\u2028\u2029]/);
    const { findings } = JSON.parse(json!) as PageData;
    expect(findings[0]?.values[0]?.values).toEqual(['</script><!--', 'a\\u2028b']);
  });
});

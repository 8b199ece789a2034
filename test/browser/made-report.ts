import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Level, Rule } from '../../src/model/rule.ts';
import type { Micros } from '../../src/model/time.ts';
import { EvidentFindings } from '../../src/report/findings.ts';
import { reportHtml, SCORE_LINES } from '../../src/report/html/report-html.ts';
import { overviewOf } from '../../src/report/overview.ts';
import { ScoreHistory } from '../../src/report/score-history.ts';
import { renderer } from '../../src/risk/render.ts';
import { TestCounters } from '../support/counters.ts';
import { TEN } from '../support/events.ts';
import { aRule } from '../support/hits.ts';

const MINUTE = 60_000_000;

export interface MadeDetection {
  readonly level?: Level;
  readonly user: string;
  readonly agent?: string;
  /** Minutes after ten o'clock. */
  readonly minute: number;
  readonly title?: string;
  readonly auditId?: string;
}

/** A report of made-up detections, as `replay --output html` prints it. */
export function madeReport(detections: readonly MadeDetection[], texts: Partial<Rule> = {}): string {
  const rules = new Map<string, Rule>();
  const ruleOf = ({ level = 'medium', title = 'Rule' }: MadeDetection) => {
    const id = `${level} ${title}`;
    const rule = rules.get(id) ?? made(id, title, level, texts);
    rules.set(id, rule);
    return rule;
  };
  const of = detections.map((one) => [one, ruleOf(one)] as const);
  const render = renderer([...rules.values()], {}, new TestCounters());
  const findings = new EvidentFindings([...rules.values()], { all: true });
  const scores = new ScoreHistory();
  for (const [i, [{ user, agent = 'curl', minute, auditId = `audit-${i}` }, rule]] of of.entries()) {
    const at = (TEN + minute * MINUTE) as Micros;
    const events = render({
      id: String(i).padStart(32, '0'),
      rule: rule.id,
      kind: 'risk',
      at,
      group: { 'user.username': user },
      count: i + 1,
      exact: true,
      window: [at, at],
      seen: [at, at],
      values: { userAgent: [agent], 'user.username': [user], '@user.name': [user], '@audit_id': [auditId] },
      truncated: [],
      cut: false,
    });
    for (const event of events) {
      findings.add(event);
      scores.add(event);
    }
  }
  const list = findings.list();
  const reading = {
    files: 1,
    events: detections.length,
    covered: undefined,
    unread: texts.title === undefined ? [] : [texts.title],
    malformed: 0,
    shortfalls: [],
    blind: [],
    stopped: false,
  };
  return reportHtml({
    overview: overviewOf(list, findings.tally, reading),
    findings: list,
    scores: scores.highest(SCORE_LINES),
    local: false,
    made: TEN,
    version: '1.2.3',
  });
}

function made(id: string, title: string, level: Level, texts: Partial<Rule>): Rule {
  return aRule({
    id,
    title,
    level,
    description: 'What it is.',
    tags: ['attack.discovery', 'attack.t1552.007'],
    falsePositives: ['A backup.'],
    references: ['https://example.org/more', 'javascript:alert(1)'],
    groupBy: ['user.username'],
    risk: {
      score: { informational: 0, low: 20, medium: 40, high: 60, critical: 80 }[level],
      message: '$user.username$ was seen with $userAgent$',
      objects: [{ field: 'user.username', type: 'user' }],
      threats: [],
      collect: ['userAgent'],
      analyticStory: [],
    },
    ...texts,
  });
}

/** A folder for files that a browser opens by their addresses. */
export function pageFolder(): { write(html: string): string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'sidewatch-page-'));
  let count = 0;
  return {
    write(html) {
      count += 1;
      const file = join(folder, `${count}.html`);
      writeFileSync(file, html);
      return pathToFileURL(file).href;
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

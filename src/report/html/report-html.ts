import { plainText } from '../../lib/plain-text.ts';
import { formatTime } from '../../lib/time-format.ts';
import { LEVELS, type Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import { techniqueName, techniques } from '../../semantics/attack.ts';
import { actorText, type EvidentFinding } from '../findings.ts';
import type { ScoreLine } from '../score-history.ts';
import { pageFinding, pageRule } from './finding-parts.ts';
import type { PageData, PageTop } from './page-data.ts';
import { pageHtml } from './page-html.ts';

/** Rows of the page's table; the least grave findings give way, and the page says how many. */
const FINDINGS_MAX = 10_000;
/** Lines of the chart of scores: page.css has a colour for each. */
export const SCORE_LINES = 8;
const TOPS = 5;

export interface ReportData {
  /** The gravest first. */
  readonly findings: readonly EvidentFinding[];
  /** At most SCORE_LINES, the highest first. */
  readonly scores: readonly ScoreLine[];
  /** Audit events that were read. */
  readonly events: number;
  readonly files: number;
  /** What was read and what was not, as sentences. */
  readonly notes: readonly string[];
  readonly made: Micros;
  readonly version: string;
}

/** What was found, as one file that opens in a browser and loads nothing. All text is from logs and rules, so hostile. */
export const reportHtml = (data: ReportData): string => pageHtml(reportPage(data));

export function reportPage({ findings, scores, events, files, notes, made, version }: ReportData): PageData {
  const shown = findings.slice(0, FINDINGS_MAX);
  const left = findings.length - shown.length;
  const rules = [...new Set(shown.map(({ rule }) => rule))];
  const place = new Map(rules.map((rule, i) => [rule, i]));
  const more = left > 0 ? [`${number(left)} more detections, the least grave, are not in this report`] : [];
  return {
    version,
    made: formatTime(made),
    headline: headline(findings, events, files),
    tops: tops(findings),
    notes: [...more, ...notes].map(plainText),
    rules: rules.map(pageRule),
    findings: shown.map((finding) => pageFinding(finding, place.get(finding.rule)!)),
    scores: scores.map(({ type, value, total, points }) => ({
      object: plainText(`${type} ${value}`.trim()),
      total,
      points: points.map(([at, score]) => [at / 1000, score]),
    })),
  };
}

function headline(findings: readonly EvidentFinding[], events: number, files: number): PageData['headline'] {
  const gravest = LEVELS.findLast((level) => findings.some((finding) => finding.level === level));
  const alerts = sum(findings, ({ alerts }) => alerts);
  const found = [
    ['Gravest level', gravest ?? 'none'],
    ['Actors', number(new Set(findings.map(({ who }) => actorText(who))).size)],
    ['Rules that fired', number(new Set(findings.map(({ rule }) => rule.id)).size)],
  ];
  return [
    [
      'Detections',
      alerts === findings.length ? number(alerts) : `${number(alerts)} in ${number(findings.length)} rows`,
    ],
    ...(findings.length > 0 ? found : []),
    ['Audit events read', number(events)],
    ['Files', number(files)],
  ].map(([label, value]) => ({ label: label!, value: value! }));
}

function tops(findings: readonly EvidentFinding[]): readonly PageTop[] {
  const score = ({ score: own = 0, alerts }: EvidentFinding) => own * alerts;
  const alerts = (finding: EvidentFinding) => finding.alerts;
  return [
    top('Top actors by score', findings, ({ who }) => [actorText(who)], score),
    top('Top rules by detections', findings, ({ rule }) => [rule.title], alerts),
    top('Top techniques by detections', findings, ({ rule }) => techniquesOf(rule), alerts),
    top('Top countries by detections', findings, ({ who }) => who.place.slice(-1), alerts),
  ];
}

const techniquesOf = ({ tags }: Rule): readonly string[] =>
  techniques(tags).map((id) => [...new Set([id, techniqueName(id)])].join(' '));

function top(
  title: string,
  findings: readonly EvidentFinding[],
  namesOf: (finding: EvidentFinding) => readonly string[],
  figureOf: (finding: EvidentFinding) => number,
): PageTop {
  const figures = new Map<string, number>();
  for (const finding of findings)
    for (const name of namesOf(finding))
      if (name !== '') figures.set(name, (figures.get(name) ?? 0) + figureOf(finding));
  const rows = [...figures].sort(([, a], [, b]) => b - a).slice(0, TOPS);
  return { title, rows: rows.map(([name, figure]) => ({ name: plainText(name), figure })) };
}

const sum = <T>(all: readonly T[], figure: (one: T) => number): number =>
  all.reduce((total, one) => total + figure(one), 0);

const number = (n: number): string => n.toLocaleString('en-US');

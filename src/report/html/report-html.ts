import { plainText } from '../../lib/plain-text.ts';
import { LEVELS, type Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import { techniqueName, techniques } from '../../semantics/attack.ts';
import type { EvidentFinding } from '../findings.ts';
import type { Overview } from '../overview.ts';
import type { ScoreLine } from '../score-history.ts';
import { pageFinding, pageRule } from './finding-parts.ts';
import type { PageData, PageFinding, PageTop } from './page-data.ts';
import { pageHtml } from './page-html.ts';

/** Rows of the page's table; the least grave findings give way, and the page says how many. */
export const FINDINGS_MAX = 10_000;
/** Their length as JSON: a browser, and a string, has a limit. */
const FINDINGS_LENGTH_MAX = 50_000_000;
/** Lines of the chart of scores: page.css has a colour for each. */
export const SCORE_LINES = 8;
const TOPS = 5;
/** Parts of the input that could not be read, and blind rules, that the page names. */
const NAMED_MAX = 100;

export interface ReportData {
  readonly overview: Overview;
  /** The gravest first. */
  readonly findings: readonly EvidentFinding[];
  /** At most SCORE_LINES, the highest first. */
  readonly scores: readonly ScoreLine[];
  /** Whether times are first shown in the zone of the browser, in place of UTC. */
  readonly local: boolean;
  readonly made: Micros;
  readonly version: string;
}

/** What was found, as one file that opens in a browser and loads nothing. All text is from logs and rules, so hostile. */
export const reportHtml = (data: ReportData): string => pageHtml(reportPage(data));

export function reportPage({ overview, findings, scores, local, made, version }: ReportData): PageData {
  const rules = [...new Set(findings.map(({ rule }) => rule))];
  const shown = fitting(findings, new Map(rules.map((rule, i) => [rule, i])));
  const { covered } = overview;
  return {
    version,
    made: made / 1000,
    local,
    ...(covered === undefined ? {} : { covered: [covered[0] / 1000, covered[1] / 1000] }),
    headline: headline(overview),
    tops: tops(overview, findings),
    notes: [...leftOut(findings.length - shown.length), ...shortcomings(overview)].map(plainText),
    rules: rules.map(pageRule),
    findings: shown,
    scores: scores.map(({ type, value, total, points }) => ({
      object: plainText(`${type} ${value}`.trim()),
      total,
      points: points.map(([at, score]) => [at / 1000, score]),
    })),
  };
}

/** The gravest, as many as there is room for. */
function fitting(
  findings: readonly EvidentFinding[],
  place: ReadonlyMap<Rule, number>,
): readonly PageFinding[] {
  const shown: PageFinding[] = [];
  let room = FINDINGS_LENGTH_MAX;
  for (const finding of findings.slice(0, FINDINGS_MAX)) {
    const one = pageFinding(finding, place.get(finding.rule)!);
    room -= JSON.stringify(one).length;
    if (room < 0) break;
    shown.push(one);
  }
  return shown;
}

function headline(overview: Overview): PageData['headline'] {
  const { detections, findings, levels, actors, rules, events, files } = overview;
  const gravest = LEVELS.findLast((level) => levels[level] > 0);
  return [
    { label: 'Detections', value: number(detections) },
    ...(findings < detections ? [{ label: 'Rows', value: number(findings) }] : []),
    { label: 'Gravest level', value: gravest ?? 'none' },
    { label: 'Actors', value: number(actors.length) },
    { label: 'Rules that fired', value: number(rules.length) },
    { label: 'Audit events', value: number(events) },
    { label: 'Files', value: number(files) },
  ];
}

function tops({ actors, rules }: Overview, findings: readonly EvidentFinding[]): readonly PageTop[] {
  return [
    top(
      'Top actors by score',
      actors.map(({ name, score }) => [name, score]),
    ),
    top(
      'Top rules by detections',
      rules.map(({ rule, detections }) => [rule.title, detections]),
    ),
    top(
      'Top techniques by detections',
      counted(findings, ({ rule }) => techniques(rule.tags).map(named)),
    ),
    top(
      'Top countries by detections',
      counted(findings, ({ risk }) => {
        const country = risk.attributes['client.geo.country.name'];
        return typeof country === 'string' ? [country] : [];
      }),
    ),
  ];
}

const top = (title: string, figures: readonly (readonly [string, number])[]): PageTop => ({
  title,
  rows: figures
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, TOPS)
    .map(([name, figure]) => ({ name: plainText(name), figure })),
});

function counted(
  findings: readonly EvidentFinding[],
  namesOf: (finding: EvidentFinding) => readonly string[],
): readonly (readonly [string, number])[] {
  const figures = new Map<string, number>();
  for (const finding of findings)
    for (const name of namesOf(finding)) figures.set(name, (figures.get(name) ?? 0) + finding.alerts);
  return [...figures];
}

const leftOut = (count: number): readonly string[] =>
  count > 0 ? [`${number(count)} more rows, the least grave, are not in this report.`] : [];

/** Why there may be more than what was found. */
function shortcomings({ stopped, malformed, unread, shortfalls, blind }: Overview): readonly string[] {
  return [
    ...(stopped ? ['The reading was stopped early: the report shows what was found until then.'] : []),
    ...(malformed > 0 ? [`${number(malformed)} malformed records were left out.`] : []),
    ...shortfalls,
    ...some(unread, 'Could not be read: '),
    ...some(
      blind.map(({ title, events }) => `${title} (${number(events)} events)`),
      'Saw nothing, because the audit policy logs no request bodies: ',
    ),
  ];
}

function some(all: readonly string[], about: string): readonly string[] {
  const more = all.length - NAMED_MAX;
  return [
    ...all.slice(0, NAMED_MAX).map((one) => about + one),
    ...(more > 0 ? [`${about}${number(more)} more`] : []),
  ];
}

const named = (id: string): string => [...new Set([id, techniqueName(id)])].join(' ');

const number = (n: number): string => n.toLocaleString('en-US');

import type { Level } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import { techniqueName, techniques } from '../../semantics/attack.ts';
import { actorText, type Finding } from '../findings.ts';
import type { Colours } from './colours.ts';
import { type Column, fittedTable } from './fitted-table.ts';
import { secondText, type Zone } from './shown-time.ts';

export interface FindingsTableOptions {
  /** See TableOptions. */
  readonly width: number | undefined;
  readonly zone: Zone;
  readonly colours: Colours;
}

/** From this width on there is room for dates with their year, and for longer names. */
const ROOMY = 100;

/** One line for each finding, in the order in which they are given; '' without findings. */
export function findingsTable(findings: readonly Finding[], options: FindingsTableOptions): string {
  const { width, colours } = options;
  const whole = width === undefined;
  const roomy = whole || width >= ROOMY;
  const time = timeCell(findings, options, roomy);
  const of = (head: string, rank: number, cell: (finding: Finding) => string, more?: Partial<Column>) => ({
    head,
    rank,
    cells: findings.map(cell),
    ...more,
  });
  const mark = ({ fallback }: Finding) => (fallback ? '~' : '');
  const columns: readonly (Column | false)[] = [
    of('LEVEL', 0, ({ level }) => levelText(level), {
      paint: (text, row) => colours.level(text, findings[row]!.level),
    }),
    of('SCORE', 4, ({ score }) => String(score ?? ''), { right: true }),
    of('COUNT', 1, countText, { right: true }),
    findings.some(({ alerts }) => alerts > 1) &&
      of('ALERTS', 2, ({ alerts }) => String(alerts), { right: true }),
    of('FIRST', 1, (finding) => mark(finding) + time(finding.seen[0])),
    of('LAST', 5, (finding) => mark(finding) + time(finding.seen[1]), { spare: true }),
    of('WHO', 1, ({ who }) => actorText(who), { least: roomy ? 16 : 14, enough: 30 }),
    of('RULE', 3, ({ rule }) => (whole ? rule.title : shortTitle(rule.title)), {
      least: roomy ? 18 : 16,
      enough: 30,
    }),
    of('MESSAGE', 0, ({ message }) => message, { least: roomy ? 36 : 24, enough: 60, share: 3 }),
    of('TECHNIQUE', 6, ({ rule }) => (whole ? namedTechniques : idsOf)(techniques(rule.tags)), {
      spare: true,
    }),
  ];
  return fittedTable(
    columns.filter((column) => column !== false),
    { width, paintHead: colours.heading },
  );
}

/** How a time is shown: without the date where all findings are of one day, for room. */
function timeCell(
  findings: readonly Finding[],
  { width, zone }: FindingsTableOptions,
  roomy: boolean,
): (at: Micros) => string {
  const days = new Set(findings.flatMap(({ seen }) => seen.map((at) => secondText(at, zone).slice(0, DATE))));
  const from = width !== undefined && days.size === 1 ? DATE + 1 : roomy ? 0 : YEAR;
  return (at) => secondText(at, zone).slice(from);
}

const DATE = '2026-01-15'.length;
const YEAR = '2026-'.length;

/** A short word for the longest level. */
export const levelText = (level: Level): string => (level === 'informational' ? 'info' : level);

/** "at least" has a plus. */
export const countText = ({ count, exact }: Pick<Finding, 'count' | 'exact'>): string =>
  `${count}${exact ? '' : '+'}`;

/** All bundled rules begin with the word, and room is short. */
export const shortTitle = (title: string): string => title.replace(/^Kubernetes (?=\S)/, '');

const idsOf = (ids: readonly string[]): string => ids.join(' ');

/** Techniques by id and name, or by id alone where the name is not known. */
const namedTechniques = (ids: readonly string[]): string =>
  ids.map((id) => [...new Set([id, techniqueName(id)])].join(' ')).join(', ');

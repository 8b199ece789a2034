import type { Level } from '../../model/rule.ts';
import { techniqueName, techniques } from '../../semantics/attack.ts';
import { actorText, type Finding } from '../findings.ts';
import type { Colours } from './colours.ts';
import { type Column, fittedTable } from './fitted-table.ts';
import { secondText, untilText, type Zone } from './shown-time.ts';

export interface FindingsTableOptions {
  /** See TableOptions. */
  readonly width: number | undefined;
  readonly zone: Zone;
  readonly colours: Colours;
}

/** From this width on there is room for dates with their year. */
const ROOMY = 100;
const YEAR = '2026-'.length;

/** One line for each finding, in the order in which they are given; '' without findings. */
export function findingsTable(findings: readonly Finding[], options: FindingsTableOptions): string {
  const { width = Number.POSITIVE_INFINITY, zone, colours } = options;
  const roomy = width >= ROOMY;
  const whole = width === Number.POSITIVE_INFINITY;
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
    of('FIRST SEEN', 1, (finding) => {
      const text = secondText(finding.seen[0], zone);
      return mark(finding) + (roomy ? text : text.slice(YEAR));
    }),
    of('LAST SEEN', 5, (finding) =>
      whole
        ? mark(finding) + secondText(finding.seen[1], zone)
        : mark(finding) + untilText(...finding.seen, zone),
    ),
    of('WHO', 1, ({ who }) => actorText(who), { least: roomy ? 16 : 14 }),
    of('RULE', 3, ({ rule }) => (whole ? rule.title : shortTitle(rule.title)), { least: roomy ? 18 : 16 }),
    of('MESSAGE', 0, ({ message }) => message, { least: roomy ? 28 : 22 }),
    of('TECHNIQUE', 6, ({ rule }) => (whole ? namedTechniques : idsOf)(techniques(rule.tags))),
  ];
  return fittedTable(
    columns.filter((column) => column !== false),
    { width: options.width, paintHead: colours.heading },
  );
}

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

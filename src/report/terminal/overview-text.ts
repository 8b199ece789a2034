import { cutText } from '../../lib/cut-text.ts';
import { plainText } from '../../lib/plain-text.ts';
import { LEVELS } from '../../model/rule.ts';
import type { DetectionTally, TimeSlots } from '../detection-tally.ts';
import type { BlindRule, Overview } from '../overview.ts';
import type { FindingsTableOptions } from './findings-table.ts';
import { levelText, shortTitle } from './findings-table.ts';
import { fittedTable } from './fitted-table.ts';
import { minuteText, secondText, untilText } from './shown-time.ts';
import { sparkline } from './sparkline.ts';

/** Lines of each list. */
const TOP = 5;
/** So few findings are seen at once: lists of them would only repeat the table. */
const FEW = 5;
const SLOTS_MAX = 48;
/** Blind rules that are named. */
const NAMED_MAX = 3;
/** Without a terminal, names are cut too. */
const WIDE = 120;

/** What was read and found, for the first screen. Ends with a line break. */
export function overviewText(
  overview: Overview,
  tally: DetectionTally,
  options: FindingsTableOptions,
): string {
  const many = overview.findings > FEW;
  const width = options.width ?? WIDE;
  return [
    headLines(overview, options)
      .map((line) => `${cutText(plainText(line), width)}\n`)
      .join(''),
    levelLine(overview, options),
    many ? timesText(overview, tally, options) : '',
    warnings(overview)
      .map((line) => `${options.colours.alert(cutText(plainText(line), width))}\n`)
      .join(''),
    many ? `\n${actorsTable(overview, options)}` : '',
    many ? `\n${rulesTable(overview, options)}` : '',
  ].join('');
}

function headLines({ files, events, covered }: Overview, { zone }: FindingsTableOptions): readonly string[] {
  const when =
    covered === undefined
      ? ''
      : `, ${secondText(covered[0], zone)} to ${untilText(...covered, zone)} (${zone === 'utc' ? 'UTC' : 'local time'})`;
  return [`${counted(events, 'audit event')} in ${counted(files, 'file')}${when}`];
}

function levelLine(overview: Overview, { colours }: FindingsTableOptions): string {
  const { detections, findings, levels } = overview;
  const parts = LEVELS.toReversed()
    .filter((level) => levels[level] > 0)
    .map((level) => colours.level(`${levels[level]} ${levelText(level)}`, level));
  const rows = findings < detections ? ` (${counted(findings, 'row')})` : '';
  return `${counted(detections, 'detection')}${rows}: ${parts.join(', ')}\n`;
}

function timesText(
  { busiest }: Overview,
  tally: DetectionTally,
  { width = WIDE, zone, colours }: FindingsTableOptions,
): string {
  const slots = tally.slots(Math.max(2, Math.min(SLOTS_MAX, width - 'when  '.length)));
  if (slots === undefined || slots.counts.length < 2) return '';
  const hours = busiest.map(({ start, detections }) => `${minuteText(start, zone)} with ${detections}`);
  return [
    `${colours.faint('when')}  ${sparkline(slots.counts)}`,
    `      from ${minuteText(slots.start, zone)} on, each mark is ${slotText(slots)}`,
    `      busiest ${hours.length === 1 ? 'hour' : 'hours'}: ${hours.join(', ')}`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

const MINUTE = 60_000_000;
const UNITS = [
  ['week', 7 * 24 * 60],
  ['day', 24 * 60],
  ['hour', 60],
  ['minute', 1],
] as const;

function slotText({ length }: TimeSlots): string {
  const minutes = length / MINUTE;
  const [unit, size] = UNITS.find(([, one]) => minutes % one === 0) ?? ['minute', 1];
  return counted(minutes / size, unit);
}

/** Why there may be more than what was found. */
function warnings({ unread, malformed, shortfalls, blind, stopped }: Overview): readonly string[] {
  return [
    ...(stopped ? ['stopped early: only what was found until then'] : []),
    ...(unread.length > 0
      ? [`${counted(unread.length, 'part')} of the input could not be read, see the end`]
      : []),
    ...(malformed > 0 ? [`${counted(malformed, 'malformed record')} left out`] : []),
    ...shortfalls,
    ...blindText(blind),
  ];
}

/** What the audit policy hides, as one line or none. */
export function blindText(blind: readonly BlindRule[]): readonly string[] {
  if (blind.length === 0) return [];
  const named = blind.slice(0, NAMED_MAX).map(({ title }) => shortTitle(title));
  const more = blind.length > NAMED_MAX ? ', ...' : '';
  const rules = counted(blind.length, 'rule');
  return [`${rules} saw nothing: the audit policy logs no request bodies (${named.join(', ')}${more})`];
}

function actorsTable({ actors }: Overview, { width, colours }: FindingsTableOptions): string {
  const top = actors.slice(0, TOP);
  return fittedTable(
    [
      {
        head: 'TOP ACTORS',
        rank: 0,
        cells: top.map(({ name }) => name),
        least: 20,
      },
      {
        head: 'WORST',
        rank: 1,
        cells: top.map(({ level }) => levelText(level)),
        paint: (text, row) => colours.level(text, top[row]!.level),
      },
      { head: 'SCORE', rank: 0, cells: top.map(({ score }) => String(score)), right: true },
      { head: 'DETECTIONS', rank: 0, cells: top.map(({ detections }) => String(detections)), right: true },
      ...restOf(actors.length),
    ],
    { width, paintHead: colours.heading },
  );
}

function rulesTable({ rules }: Overview, { width, colours }: FindingsTableOptions): string {
  const top = rules.slice(0, TOP);
  return fittedTable(
    [
      { head: 'TOP RULES', rank: 0, cells: top.map(({ rule }) => shortTitle(rule.title)), least: 20 },
      {
        head: 'WORST',
        rank: 1,
        cells: top.map(({ level }) => levelText(level)),
        paint: (text, row) => colours.level(text, top[row]!.level),
      },
      { head: 'DETECTIONS', rank: 0, cells: top.map(({ detections }) => String(detections)), right: true },
      ...restOf(rules.length),
    ],
    { width, paintHead: colours.heading },
  );
}

/** Says how many are not in the list. */
const restOf = (all: number) =>
  all > TOP
    ? [{ head: `(and ${all - TOP} more)`, rank: 2, cells: Array.from({ length: TOP }, () => '') }]
    : [];

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

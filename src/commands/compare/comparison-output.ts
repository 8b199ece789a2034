import { cutText } from '../../lib/cut-text.ts';
import { jsonText } from '../../lib/json-text.ts';
import { plainText } from '../../lib/plain-text.ts';
import { textWidth } from '../../lib/text-width.ts';
import { formatTime } from '../../lib/time-format.ts';
import type { Micros } from '../../model/time.ts';
import { columns } from '../output/columns.ts';
import type { Difference, SideComparison } from './comparison.ts';
import { timeOf } from './comparison.ts';
import type { OtherEvent, Range } from './other-event.ts';

/** Differences that a table shows; JSON has all. */
const SHOWN_MAX = 200;
const INDENT = '    ';
const GAP = 2;

/** Counts by rule, then the differences, in lines of at most `width` columns (80 or more). Those that are alike are one. */
export function comparisonTable(comparison: SideComparison, width: number): string {
  const { differences, side } = comparison;
  const there = side.isSplunk ? 'Splunk' : 'the other';
  const head = ['RULE', 'BOTH', 'DIFFER', `ONLY ${there.toUpperCase()}`, 'ONLY HERE'];
  const used = head.slice(1).reduce((sum, text) => sum + text.length + GAP, 0);
  const counts = countsByRule(comparison).map(({ rule, both, differ, onlyOther, onlyOwn }) => [
    cutText(plainText(rule), width - used),
    ...[both, differ, onlyOther, onlyOwn].map(String),
  ]);
  const shown = alike(differences);
  const more = shown.length - SHOWN_MAX;
  return [
    columns([head, ...counts]),
    ...shown.slice(0, SHOWN_MAX).map((some) => differenceLines(some, there, width)),
    ...(more > 0 ? [`and ${more} more differences; --output json has all of them\n`] : []),
  ].join('\n');
}

/** Differences of one rule, risk object and address with the same kind of reason, in the order of their first. */
interface Alike {
  readonly first: Difference;
  readonly times: number;
  readonly last: number;
}

function alike(differences: readonly Difference[]): readonly Alike[] {
  const groups = new Map<string, Alike>();
  for (const difference of differences) {
    const { rule, object, address } = aboutOf(difference);
    const why = difference.side === 'both' ? difference.pair.differs.join() : difference.reason.kind;
    const key = JSON.stringify([difference.side, rule, object, address, why]);
    const { first = difference, times = 0 } = groups.get(key) ?? {};
    groups.set(key, { first, times: times + 1, last: timeOf(difference) });
  }
  return [...groups.values()];
}

/** A line that says what it is, and lines with the reason. */
function differenceLines({ first, times, last }: Alike, there: string, width: number): string {
  const about = aboutOf(first);
  const side = { both: 'both', own: 'only here', other: `only ${there}` }[first.side];
  const start = [side.padEnd('only the other'.length), shortTime(about.at)].join('  ');
  const what = [about.rule, about.object, about.address].filter((part) => part !== '').join('  ');
  const line = `${start}  ${cutText(plainText(what), width - textWidth(start) - GAP)}`;
  const often = times > 1 ? `${times} times until ${shortTime(last)}, the first: ` : '';
  return [line, ...wrapped(plainText(often + about.why), width)].map((text) => `${text}\n`).join('');
}

/** Words in lines, each behind an indent. A word that is longer than a line is cut into lines. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = INDENT;
  for (const word of text.split(' ').flatMap((one) => pieces(one, width - INDENT.length))) {
    const isFirst = line === INDENT;
    if (!isFirst && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line);
      line = INDENT + word;
    } else line += isFirst ? word : ` ${word}`;
  }
  return [...lines, line];
}

function pieces(word: string, most: number): readonly string[] {
  const parts: string[] = [''];
  for (const character of word) {
    if (textWidth(parts.at(-1)! + character) > most) parts.push('');
    parts[parts.length - 1] += character;
  }
  return parts;
}

const shortTime = (at: number): string =>
  at === 0
    ? '-'.padEnd(16)
    : formatTime(at as Micros)
        .slice(0, 16)
        .replace('T', ' ');

interface About {
  readonly rule: string;
  readonly object: string;
  readonly address: string;
  readonly at: number;
  readonly why: string;
}

function aboutOf(difference: Difference): About {
  const at = timeOf(difference);
  if (difference.side === 'other') {
    const { other, reason } = difference;
    const why = `${reasonText(reason)} (${other.where})`;
    return { rule: other.title ?? other.search, object: other.object, address: addressOf(other), at, why };
  }
  const own = difference.side === 'own' ? difference.own : difference.pair.own[0]!;
  const why = difference.side === 'own' ? reasonText(difference.reason) : difference.pair.differs.join('; ');
  const address = (own.fields.get('sourceIPs') ?? []).join(' ');
  return { rule: own.rule.title, object: own.object, address, at, why };
}

const addressOf = ({ fields }: OtherEvent): string =>
  (fields.get('src_ip') ?? fields.get('sourceIPs') ?? []).join(' ');

const reasonText = ({ kind, likely, text }: { kind: string; likely: boolean; text: string }): string =>
  `${likely ? `likely ${kind}` : kind}: ${text}`;

interface Counts {
  readonly rule: string;
  both: number;
  differ: number;
  onlyOther: number;
  onlyOwn: number;
}

/** By title, in the order of their names. Pairs that differ are among both. */
function countsByRule({ both, differences }: SideComparison): readonly Counts[] {
  const counts = new Map<string, Counts>();
  const of = (rule: string): Counts => {
    const known = counts.get(rule) ?? { rule, both: 0, differ: 0, onlyOther: 0, onlyOwn: 0 };
    counts.set(rule, known);
    return known;
  };
  for (const { own } of both) of(own[0]!.rule.title).both++;
  for (const difference of differences) {
    const count = of(aboutOf(difference).rule);
    if (difference.side === 'both') count.differ++;
    else if (difference.side === 'own') count.onlyOwn++;
    else count.onlyOther++;
  }
  return [...counts.values()].sort((a, b) => (a.rule < b.rule ? -1 : 1));
}

/** One sentence with all numbers. */
export function comparisonLine({ both, differences, outside, side }: SideComparison): string {
  const of = (wanted: Difference['side']) => differences.filter((one) => one.side === wanted).length;
  const there = side.isSplunk ? 'Splunk' : 'the other';
  return [
    `${both.length} on both sides${of('both') > 0 ? ` (${of('both')} differ)` : ''}`,
    `${of('other')} only ${there}`,
    `${of('own')} only here`,
    ...(outside.length > 0 ? [`${outside.length} outside of the log's time, not compared`] : []),
    ...(side.passedBy > 0 ? [`${side.passedBy} passed by`] : []),
  ].join(', ');
}

/** The whole comparison as one JSON document. */
export function comparisonJson(comparison: SideComparison): string {
  const { side, covered, both, differences, outside } = comparison;
  const json = {
    other: side.isSplunk ? 'splunk' : 'sidewatch',
    log: covered === undefined ? null : rangeJson(covered),
    both: both.length,
    outside: outside.length,
    rules: countsByRule(comparison).map(({ onlyOther, onlyOwn, ...counts }) => ({
      ...counts,
      only_other: onlyOther,
      only_own: onlyOwn,
    })),
    differences: differences.map(differenceJson),
  };
  return `${jsonText(json, 2)}\n`;
}

function differenceJson(difference: Difference): object {
  if (difference.side === 'other') {
    const { other, reason } = difference;
    return {
      side: 'other',
      rule: other.title ?? other.search,
      object: other.object,
      ...(other.window
        ? rangeJson(other.window)
        : other.at === undefined
          ? {}
          : { at: formatTime(other.at) }),
      where: other.where,
      ...(other.uid === undefined ? {} : { uid: other.uid }),
      row: rowJson(other.fields),
      reason,
    };
  }
  const own = difference.side === 'own' ? difference.own : difference.pair.own[0]!;
  const { rule, object, window, uid, fields } = own;
  const about = {
    rule: rule.title,
    object,
    ...rangeJson(window),
    uid,
    row: rowJson(named(fields, rule.rename)),
  };
  if (difference.side === 'own') return { side: 'own', ...about, reason: difference.reason };
  const { differs, other } = difference.pair;
  return { side: 'both', ...about, where: other.map(({ where }) => where), differs };
}

const named = (fields: OtherEvent['fields'], rename: Readonly<Record<string, string>>) =>
  new Map(Array.from(fields, ([field, values]) => [rename[field] ?? field, values] as const));

const rowJson = (fields: OtherEvent['fields']): object =>
  Object.fromEntries(
    Array.from(fields, ([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );

const rangeJson = ([from, to]: Range): object => ({ from: formatTime(from), to: formatTime(to) });

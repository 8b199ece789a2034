import { plainText } from '../lib/plain-text.ts';
import { formatTime } from '../lib/time-format.ts';
import { techniques } from '../semantics/attack.ts';
import { actorText, type Finding } from './findings.ts';

const CELLS = {
  level: ({ level }) => level,
  score: ({ score }) => score,
  count: ({ count }) => count,
  count_exact: ({ exact }) => exact,
  alerts: ({ alerts }) => alerts,
  first_seen: ({ seen }) => formatTime(seen[0]),
  last_seen: ({ seen }) => formatTime(seen[1]),
  time_fallback: ({ fallback }) => fallback,
  rule: ({ rule }) => rule.title,
  rule_id: ({ rule }) => rule.id,
  message: ({ message }) => message,
  who: ({ who }) => actorText({ ...who, place: [] }),
  user: ({ who }) => who.user,
  client: ({ who }) => who.client,
  place: ({ who }) => who.place.join(', '),
  cluster: ({ who }) => who.cluster,
  risk_objects: ({ objects }) => objects.map(({ value }) => value).join(' '),
  techniques: ({ rule }) => techniques(rule.tags).join(' '),
  detection_ids: ({ ids }) => ids.join(' '),
} as const satisfies Record<string, (finding: Finding) => string | number | boolean | undefined>;

/** RFC 4180 with a line of names. Times are in UTC. */
export function findingsCsv(findings: readonly Finding[]): string {
  const cells = Object.values(CELLS);
  const rows = findings.map((finding) => cells.map((cell) => csvCell(cell(finding))));
  return [Object.keys(CELLS), ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}

/** Where a spreadsheet may begin a formula: at the start of a cell, and where it takes a semicolon for the end of one. */
const FORMULA = /(?<=^|;)(?=\s*[=+\-@＝＋－＠])/g;

/** Text that a spreadsheet would run gets an apostrophe in front: clients choose what is in the log. Each row is one line. */
export function csvCell(value: string | number | boolean | undefined): string {
  if (typeof value !== 'string') return String(value ?? '');
  const plain = plainText(value);
  const harmless = plain.replace(FORMULA, "'");
  return /[",]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

import { type CsvRow, parseCsv } from '../../lib/csv.ts';
import { shownValue } from '../../lib/shown-value.ts';
import type { Micros } from '../../model/time.ts';
import { UserError } from '../../setup/user-error.ts';
import type { OtherEvent, OtherSide, Range } from './other-event.ts';
import { searchTitle } from './search-title.ts';
import { splunkTime } from './splunk-times.ts';

/** Risk events that a Sidewatch sent into the risk index. */
const OWN = /^Sidewatch - /;

/** Columns of which at least one must be there, by what they say. */
const NEEDED = [
  ['search_name', 'source'],
  ['risk_object', 'normalized_risk_object'],
] as const;
const TIMES = ['info_min_time', 'info_max_time', '_time'] as const;
/** What a search without a latest time has as its end. */
const NO_END = '+Infinity';
/** Faults of rows that are named one by one. */
const NAMED_MAX = 10;

/**
 * Reads an export of Splunk's risk index. Names of columns may have the prefix of the data model, and `{}` of a list. Throws
 * UserError for a file that is none, and for times that cannot be placed.
 */
export function splunkExport(path: string, text: string): OtherSide {
  if (/^\s*[[{]/.test(text.slice(0, 100)))
    throw new UserError([`${path}  is JSON; wants CSV (docs/compare.md has the search)`]);
  const [head, ...rows] = parseCsv(text);
  if (head === undefined) throw new UserError([`${path}  is empty`]);
  const names = head.cells.map(columnName);
  const missing = NEEDED.filter((some) => !some.some((name) => names.includes(name)));
  if (missing.length > 0)
    throw new UserError([
      `${path}:1  is no export of the risk index: it has no column ${missing.map((some) => some.join(' or ')).join(', and none called ')} (docs/compare.md has the search)`,
    ]);
  const faults: string[] = [];
  const events: OtherEvent[] = [];
  let passedBy = 0;
  for (const row of rows) {
    const cells = cellsOf(names, row);
    const event = eventOf(`${path}:${row.line}`, cells, faults);
    if (OWN.test(event.search)) passedBy++;
    else events.push(event);
  }
  if (faults.length > 0) {
    const more = faults.length - NAMED_MAX;
    throw new UserError([
      ...faults.slice(0, NAMED_MAX),
      ...(more > 0 ? [`${path}  and ${more} more like these`] : []),
    ]);
  }
  return { isSplunk: true, events, passedBy };
}

/** `All_Risk.risk_object` and `sourceIPs{}` are `risk_object` and `sourceIPs`. */
function columnName(cell: string): string {
  const multivalue = cell.startsWith(MULTIVALUE) ? MULTIVALUE : '';
  return (
    multivalue +
    cell
      .slice(multivalue.length)
      .trim()
      .replace(/^All_Risk\./, '')
      .replaceAll('{}', '')
  );
}

/** Columns in which a search result keeps the values of a list: `$one$;$two$`, a dollar sign doubled. */
const MULTIVALUE = '__mv_';

/** By column the values of its cell. Empty cells are left out; a list is one value on each line, unless its other column has it. */
function cellsOf(names: readonly string[], { cells }: CsvRow): Map<string, readonly string[]> {
  const values = new Map<string, readonly string[]>();
  for (const [i, name] of names.entries()) {
    const cell = cells[i] ?? '';
    if (cell !== '' && !name.startsWith(MULTIVALUE)) values.set(name, cell.split(/\r?\n/));
  }
  for (const [i, name] of names.entries()) {
    const cell = cells[i] ?? '';
    if (!name.startsWith(MULTIVALUE) || cell === '') continue;
    const list = Array.from(cell.matchAll(/\$((?:[^$]|\$\$)*)\$(?:;|$)/g), ([, value]) =>
      value!.replaceAll('$$', '$'),
    );
    if (list.length > 0) values.set(name.slice(MULTIVALUE.length), list);
  }
  return values;
}

function eventOf(where: string, cells: Map<string, readonly string[]>, faults: string[]): OtherEvent {
  const one = (...names: readonly string[]) =>
    names.map((name) => cells.get(name)?.[0]).find((value) => value !== undefined);
  const [min, max, at] = TIMES.map((name) => {
    const text = one(name);
    if (text === undefined || (name === 'info_max_time' && text === NO_END)) return undefined;
    const time = splunkTime(text);
    if (time === undefined)
      faults.push(
        `${where}  ${name} wants seconds since 1970, or a time with its zone, has ${shownValue(text)}`,
      );
    return time;
  });
  const search = one('search_name', 'source') ?? '';
  const score = Number(one('risk_score', 'calculated_risk_score') ?? Number.NaN);
  return {
    where,
    search,
    title: searchTitle(search),
    object: one('risk_object', 'normalized_risk_object') ?? '',
    objectType: one('risk_object_type') ?? '',
    score: Number.isNaN(score) ? undefined : score,
    window: rangeOf(min, max),
    at,
    fields: cells,
  };
}

/** A search over all time has no window that says anything. */
function rangeOf(min: Micros | undefined, max: Micros | undefined): Range | undefined {
  return min === undefined || max === undefined || min === 0 || min >= max ? undefined : [min, max];
}

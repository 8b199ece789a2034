import { lowerBound } from './lower-bound.ts';
import type { OtherEvent } from './other-event.ts';
import { identityFields, type OwnEvent } from './own-event.ts';
import { agrees, REQUEST, sameTime } from './same-row.ts';

/**
 * What both sides found. Several rows of Splunk may be one risk event of ours (a row for each address and group of a user), and
 * several of ours one row of Splunk's (hours begin at another minute).
 */
export interface Pair {
  readonly own: readonly OwnEvent[];
  readonly other: readonly OtherEvent[];
  /** What differs between them: score, count. */
  readonly differs: readonly string[];
}

export interface Pairing {
  readonly both: readonly Pair[];
  readonly onlyOwn: readonly OwnEvent[];
  readonly onlyOther: readonly OtherEvent[];
}

/** Pairs by id. */
export function pairById(own: readonly OwnEvent[], other: readonly OtherEvent[]): Pairing {
  const known = new Map(own.map((event) => [event.uid, event]));
  const pairs = new Map<string, OtherEvent>();
  const onlyOther: OtherEvent[] = [];
  for (const event of other) {
    const uid = event.uid ?? '';
    if (!known.has(uid)) onlyOther.push(event);
    // A risk event that was sent twice has one id.
    else pairs.set(uid, event);
  }
  return {
    both: Array.from(pairs, ([uid, event]) => pairOf([known.get(uid)!], [event])),
    onlyOwn: own.filter(({ uid }) => !pairs.has(uid)),
    onlyOther,
  };
}

/** Pairs rows that are about the same: the rule, the risk object, the time and all fields of the row that both have. */
export function pairByRow(own: readonly OwnEvent[], other: readonly OtherEvent[]): Pairing {
  const groups = new Map<string, Group>();
  for (const event of own) {
    const key = keyOf(event.rule.title, event.object);
    const group = groups.get(key) ?? { own: [], other: [] };
    groups.set(key, group);
    group.own.push(event);
  }
  const onlyOther: OtherEvent[] = [];
  for (const event of other) {
    const group = event.title === undefined ? undefined : groups.get(keyOf(event.title, event.object));
    if (group === undefined) onlyOther.push(event);
    else group.other.push(event);
  }
  const paired = [...groups.values()].map(pairGroup);
  return {
    both: paired.flatMap(({ both }) => both),
    onlyOwn: paired.flatMap(({ onlyOwn }) => onlyOwn),
    onlyOther: [...onlyOther, ...paired.flatMap((pairing) => pairing.onlyOther)],
  };
}

/** Rows of one rule and one risk object. */
interface Group {
  readonly own: OwnEvent[];
  readonly other: OtherEvent[];
}

const keyOf = (title: string, object: string): string => JSON.stringify([title.toLowerCase(), object]);

interface OpenPair {
  readonly own: OwnEvent[];
  readonly other: OtherEvent[];
}

function pairGroup({ own, other }: Group): Pairing {
  const ordered = own.toSorted((a, b) => a.at - b.at);
  const byRequest = requestsOf(ordered);
  const pairs = new Map<OwnEvent, OpenPair>();
  const onlyOther: OtherEvent[] = [];
  for (const event of other) {
    const fitting = candidates(ordered, byRequest, event).filter((one) => fits(one, event));
    const free = fitting.find((one) => !pairs.has(one));
    const [first] = fitting;
    if (free !== undefined) pairs.set(free, { own: [free], other: [event] });
    else if (first?.rule.kind === 'match') pairs.get(first)!.other.push(event);
    else onlyOther.push(event);
  }
  const onlyOwn: OwnEvent[] = [];
  for (const event of ordered) {
    if (pairs.has(event)) continue;
    const joined = isHourly(event)
      ? [...pairs.values()].find((pair) => fits(event, pair.other[0]!))
      : undefined;
    if (joined !== undefined) joined.own.push(event);
    else onlyOwn.push(event);
  }
  return { both: [...pairs.values()].map((pair) => pairOf(pair.own, pair.other)), onlyOwn, onlyOther };
}

/** Whether its rule makes one row of all events of an hour that agree. */
const isHourly = ({ rule }: OwnEvent): boolean => rule.kind !== 'match' && rule.window.kind === 'sliding';

/** By the time of their request, in order; undefined where the rule has not that field in its key. */
function requestsOf(ordered: readonly OwnEvent[]): ReadonlyMap<string, readonly OwnEvent[]> | undefined {
  if (!identityFields(ordered[0]!.rule).includes(REQUEST)) return undefined;
  return Map.groupBy(ordered, ({ fields }) => fields.get(REQUEST)?.[0] ?? NO_REQUEST);
}

/** As `fillnull` writes it. */
const NO_REQUEST = '0';

/** Those of the same request, or in the time that the other side looked at; the times of all are in order. */
function candidates(
  ordered: readonly OwnEvent[],
  byRequest: ReadonlyMap<string, readonly OwnEvent[]> | undefined,
  { window, fields }: OtherEvent,
): readonly OwnEvent[] {
  const request = fields.get(REQUEST);
  if (byRequest !== undefined && request?.length === 1) return byRequest.get(request[0]!) ?? [];
  if (window === undefined) return ordered;
  // A tumbling window may begin a timespan before its first event.
  const longest = ordered[0]!.rule.timespan;
  const from = lowerBound(ordered, window[0] - longest);
  return ordered.slice(from, lowerBound(ordered, window[1] + longest));
}

const fits = (own: OwnEvent, other: OtherEvent): boolean =>
  sameTime(own, other) && agrees(own.rule, own.fields, other.fields);

function pairOf(own: readonly OwnEvent[], other: readonly OtherEvent[]): Pair {
  const [one] = own;
  const [another] = other;
  const differs: string[] = [];
  const score = another!.score;
  if (score !== undefined && score !== one!.score) differs.push(`score ${score} there, ${one!.score} here`);
  const count = Number(another!.fields.get('count')?.[0] ?? Number.NaN);
  if (one!.rule.window.kind === 'tumbling' && one!.exact && !Number.isNaN(count) && count !== one!.count)
    differs.push(`count ${count} there, ${one!.count} here`);
  return { own, other, differs };
}

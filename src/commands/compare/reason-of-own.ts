import { minutes } from '../../lib/time-format.ts';
import type { Micros } from '../../model/time.ts';
import { meets } from '../../semantics/condition.ts';
import type { Evidence } from './evidence.ts';
import type { TracedMatch } from './match-trace.ts';
import type { OtherEvent, Range } from './other-event.ts';
import { identityFields, type OwnEvent } from './own-event.ts';
import {
  type DifferenceReason,
  firstOf,
  likely,
  listed,
  many,
  OTHER_CLOCK,
  otherIdText,
  phaseText,
  placeText,
  proven,
  rangeText,
  rowTimes,
  tally,
  withObject,
} from './reason.ts';
import {
  agrees,
  differingFields,
  isPlace,
  isSameUnderOtherId,
  isShifted,
  otherValues,
  overlap,
  sameTime,
  within,
} from './same-row.ts';

/** The schedule of ESCU, for rules whose searches say nothing of their windows. */
const SCHEDULE = { length: minutes(60), phase: minutes(50), lateness: minutes(10) };
/** What is nearer to the end of a window than this, the HEC exporter rounds into the next one: it sends milliseconds. */
const ROUNDED = 500;

/** What the other side says of a rule: its risk events, and where its windows begin. */
interface Seen {
  readonly all: readonly OtherEvent[];
  readonly length: number;
  readonly phase: number;
  /** Whether the length and the phase are those of its risk events. */
  readonly isKnown: boolean;
}

/** Why the other side has no such risk event. */
export function reasonOfOwn(own: OwnEvent, evidence: Evidence): DifferenceReason {
  if (!evidence.side.isSplunk) return reasonByIds(own, evidence);
  const seen = seenOf(evidence.otherOf.get(own.rule.id) ?? []);
  const matches = matchesBehind(own, evidence);
  return (
    firstOf(
      () => otherObject(own, evidence),
      () => otherPlace(own, evidence),
      () => otherWindow(own, seen, matches, evidence),
      () => late(own, seen, matches),
      () => rounded(own, seen, matches),
      () => stage(own, matches, evidence),
      () => otherTime(own, evidence),
      () => fillnull(own, seen),
      () => outside(own, evidence),
    ) ?? rest(own, seen)
  );
}

/** Of another Sidewatch, which answers as ours does where its rules, settings and events are the same. */
function reasonByIds(own: OwnEvent, evidence: Evidence): DifferenceReason {
  const all = evidence.otherOf.get(own.rule.id) ?? [];
  return (
    firstOf(
      () => otherId(own, evidence),
      () => otherObject(own, evidence),
      () => otherPlace(own, evidence),
      () => outside(own, evidence),
    ) ??
    (all.length === 0
      ? likely(
          'rule',
          'there is no risk event of this rule at all there: it may be off, not loaded, or filtered',
        )
      : likely('unknown', 'nothing that was read explains it: filters, settings or events differ there'))
  );
}

/** The same under another id. */
function otherId(own: OwnEvent, evidence: Evidence): DifferenceReason | undefined {
  const same = unpaired(own, evidence).find((event) => isSameUnderOtherId(own, event));
  return same && proven('window', otherIdText(same, own));
}

function seenOf(all: readonly OtherEvent[]): Seen {
  const window = all.find((event) => event.window !== undefined)?.window;
  if (window === undefined) return { all, ...SCHEDULE, isKnown: false };
  const length = window[1] - window[0];
  return { all, length, phase: window[0] % length, isKnown: true };
}

/** The events that it counted. */
function matchesBehind(own: OwnEvent, { trace }: Evidence): readonly TracedMatch[] {
  const { rule, object } = own;
  const fields = identityFields(rule).filter((field) => !isPlace(field));
  const isOf = object === '' ? () => true : withObject(rule, object);
  return trace.of(rule, rangeBehind(own)).filter((match) => {
    if (match.filtered || !isOf(match)) return false;
    return fields.every((field) => {
      const held = own.fields.get(field) ?? [];
      const has = match.fields.get(field) ?? [];
      return held.length === 0 ? has.length === 0 : has.some((value) => held.includes(value));
    });
  });
}

function rangeBehind({ rule, window, at }: OwnEvent): Range {
  if (rule.window.kind === 'tumbling') return window;
  return [at, (at + Math.max(rule.timespan, 1)) as Micros];
}

/** Rows of the other side that ours has not, of the same rule. */
const unpaired = ({ rule }: OwnEvent, { missingOf }: Evidence): readonly OtherEvent[] =>
  missingOf.get(rule.id) ?? [];

function otherObject(own: OwnEvent, evidence: Evidence): DifferenceReason | undefined {
  const objects = unpaired(own, evidence).filter(
    (event) =>
      event.object !== own.object &&
      sameTime(own, event) &&
      agrees(own.rule, own.fields, event.fields) &&
      identityFields(own.rule).some((field) => otherValues(own.rule, event.fields, field)),
  );
  if (objects.length === 0) return undefined;
  return proven(
    'object',
    `the same row has another risk object there: ${listed(objects.map(({ object }) => object))}`,
  );
}

function otherPlace(own: OwnEvent, evidence: Evidence): DifferenceReason | undefined {
  const { rule, fields } = own;
  if (!rule.groupBy.some(isPlace)) return undefined;
  const near = unpaired(own, evidence).find((event) => {
    const differs = differingFields(rule, fields, event.fields);
    return differs.length > 0 && differs.every(isPlace) && sameTime(own, event);
  });
  if (near === undefined) return undefined;
  const [country = ''] = otherValues(rule, near.fields, 'sourceIPs.geo.country.name') ?? [];
  const [city = ''] = otherValues(rule, near.fields, 'sourceIPs.geo.locality.name') ?? [];
  return proven('place', `there its address is in ${placeText({ country, city })}`);
}

/** The windows of the other side begin elsewhere: in each of them the events are counted again. */
function otherWindow(
  own: OwnEvent,
  seen: Seen,
  matches: readonly TracedMatch[],
  evidence: Evidence,
): DifferenceReason | undefined {
  const { rule } = own;
  if (rule.window.kind !== 'tumbling' || !seen.isKnown) return undefined;
  if (seen.length === rule.timespan && seen.phase === own.window[0] % rule.timespan) return undefined;
  const there = unpaired(own, evidence).find(
    (event) =>
      event.object === own.object &&
      event.window !== undefined &&
      overlap(event.window, own.window) &&
      differingFields(rule, own.fields, event.fields).every(isPlace),
  );
  const begins = `windows begin at ${phaseText(seen.phase as Micros)} there, at ${phaseText(own.window[0])} here`;
  if (there !== undefined)
    return proven('window', `${begins}; the other side has it in ${rangeText(there.window!)}`);
  const counts = tally(matches, ({ at }) => Math.floor((at - seen.phase) / seen.length));
  if (matches.length === 0 || [...counts.values()].some((count) => meets(count, rule.condition)))
    return undefined;
  return proven(
    'window',
    `${begins}: there its ${many(matches.length, 'event')} fall into ${counts.size} windows, none with enough`,
  );
}

/** Events whose records were seen after the search over their window had run. */
function late(own: OwnEvent, seen: Seen, matches: readonly TracedMatch[]): DifferenceReason | undefined {
  const { rule } = own;
  const lateness = rule.window.kind === 'tumbling' ? rule.window.lateness : SCHEDULE.lateness;
  const known = matches.filter((match) => match.lag !== undefined);
  const after = known.filter(({ at, lag }) => {
    const end = Math.floor((at - seen.phase) / seen.length + 1) * seen.length + seen.phase;
    return at + lag! >= end + lateness;
  });
  if (after.length === 0) return undefined;
  const inTime = matches.length - after.length;
  const enough =
    rule.kind === 'match' || rule.window.kind === 'sliding' ? inTime > 0 : meets(inTime, rule.condition);
  if (enough) return undefined;
  const most = after.reduce((max, { lag }) => Math.max(max, lag!), 0);
  return likely(
    'late',
    `the records of ${after.length} of its ${many(matches.length, 'event')} were seen after the search of their window (up to ${Math.round(most / minutes(1))} minutes late)`,
  );
}

function rounded(own: OwnEvent, seen: Seen, matches: readonly TracedMatch[]): DifferenceReason | undefined {
  const { rule } = own;
  if (rule.window.kind !== 'tumbling') return undefined;
  const left = matches.filter(({ at }) => (at - seen.phase) % seen.length < seen.length - ROUNDED);
  if (left.length === matches.length || meets(left.length, rule.condition)) return undefined;
  return likely(
    'window',
    'an event less than half a millisecond before the border belongs to the next window where times are rounded to milliseconds',
  );
}

/** Stages that no row of the other side has. */
function stage(
  own: OwnEvent,
  matches: readonly TracedMatch[],
  { stages }: Evidence,
): DifferenceReason | undefined {
  if (stages.size === 0) return undefined;
  const stageOf = ({ fields }: TracedMatch) => fields.get('stage')?.[0] ?? 'none';
  const absent = matches.filter((match) => !stages.has(stageOf(match)));
  const left = matches.length - absent.length;
  const enough = own.rule.window.kind === 'tumbling' ? meets(left, own.rule.condition) : left > 0;
  if (absent.length === 0 || enough) return undefined;
  return likely(
    'stage',
    `events of the stage ${listed(absent.map(stageOf))}: ${absent.length} of ${matches.length}; no row there has it (they have ${listed(stages)})`,
  );
}

/** Another zone or clock on one side. */
function otherTime(own: OwnEvent, evidence: Evidence): DifferenceReason | undefined {
  const there = unpaired(own, evidence).find((event) => isShifted(own, event));
  return there && likely('time', `the same row is there ${rowTimes(there)}: ${OTHER_CLOCK}`);
}

/** `stats` makes no row where a field of its key is in no event of the search, because then `fillnull` does not know it. */
function fillnull(own: OwnEvent, { all }: Seen): DifferenceReason | undefined {
  const never = neverThere(own, all);
  if (all.length === 0 || never.length === 0) return undefined;
  return likely('field', `the event has no ${listed(never)}; ${NO_ROWS}`);
}

const NO_ROWS = 'where no event of a search has a field of its key, Splunk has no rows (docs/parity.md)';

/** Fields of its key that neither it nor any row of the other side has. */
function neverThere({ rule, fields }: OwnEvent, all: readonly OtherEvent[]): readonly string[] {
  if (rule.group.missing === 'drop') return [];
  return identityFields(rule).filter(
    (field) =>
      !fields.has(field) &&
      !isPlace(field) &&
      all.every((event) => (otherValues(rule, event.fields, field) ?? []).length === 0),
  );
}

/** The export says when searches ran only by what they found. */
function outside({ at }: OwnEvent, { searched }: Evidence): DifferenceReason | undefined {
  if (searched === undefined || within(at, searched)) return undefined;
  return likely('time', `no risk event there is of this time; they are of ${rangeText(searched)}`);
}

function rest(own: OwnEvent, { all }: Seen): DifferenceReason {
  if (all.length === 0) {
    const never = neverThere(own, all);
    const other = never.length === 0 ? '' : `. Or: the event has no ${listed(never)}; ${NO_ROWS}`;
    const none = 'Splunk has no risk event of this rule at all: it may be off there, or filtered';
    return likely('rule', none + other);
  }
  const ran = all.filter(({ window }) => window !== undefined && within(own.at, window));
  return ran.length > 0
    ? likely(
        'filter',
        `the search ran in this window (${many(ran.length, 'row')}), so a _filter macro, an allow-list or a throttle there may drop the row, or not all of its events are in the index`,
      )
    : likely(
        'unknown',
        'nothing that was read explains it: a filter there may drop it, or the search did not run or did not see the events',
      );
}

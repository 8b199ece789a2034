import { didYouMean } from '../../lib/nearest.ts';
import { minutes } from '../../lib/time-format.ts';
import type { Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import { spanText } from '../../rules/explain/window-text.ts';
import { meets } from '../../semantics/condition.ts';
import { type Evidence, ruleOf } from './evidence.ts';
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
  timeText,
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
  REQUEST,
  sameTime,
  within,
} from './same-row.ts';

/** How far before a risk event of unknown window its events may be. */
const LOOKBACK = minutes(130);
const HOUR = minutes(60);

/** A risk event of the other side that ours has not, its rule, and the time that its search looked at. */
interface Missing {
  readonly event: OtherEvent;
  readonly rule: Rule;
  readonly looked: Range | undefined;
}

/** The same, with the events of that time that match the rule and have its risk object. */
interface Searched extends Missing {
  readonly matches: readonly TracedMatch[];
}

/** Why the replay has no such risk event. */
export function reasonOfOther(event: OtherEvent, evidence: Evidence): DifferenceReason {
  const rule = ruleOf(event, evidence.rules);
  if (rule === undefined) return notLoaded(event, evidence);
  const looked = lookedAt(event);
  const missing = { event, rule, looked, matches: ofObject(rule, event, looked, evidence) };
  return (
    firstOf(
      () => outside(missing, evidence),
      () => otherId(missing, evidence),
      () => otherObject(missing, evidence),
      () => dropped(missing, evidence),
      () => otherWindow(missing, evidence),
      () => otherPlace(missing, evidence),
      () => fromMatches(missing, evidence),
      () => otherTime(missing, evidence),
    ) ?? noEvent(missing, evidence)
  );
}

function notLoaded({ title, search }: OtherEvent, { ruleSet, rules }: Evidence): DifferenceReason {
  const named = (title ?? search).toLowerCase();
  const off = ruleSet.off.find((one) => one.title.toLowerCase() === named);
  if (off !== undefined) return proven('rule', `the rule is off here: ${off.why}`);
  const titles = rules.map((rule) => rule.title);
  return proven('rule', `no loaded rule has this name${didYouMean(title ?? search, titles)}`);
}

function lookedAt({ window, at }: OtherEvent): Range | undefined {
  if (window !== undefined) return window;
  return at === undefined ? undefined : [(at - LOOKBACK) as Micros, at];
}

/** That the log has no events of its time; undefined where it has, and for a rule that is not loaded. */
export function outsideLog(event: OtherEvent, evidence: Evidence): DifferenceReason | undefined {
  const rule = ruleOf(event, evidence.rules);
  return rule && outside({ event, rule, looked: lookedAt(event) }, evidence);
}

/** A risk event whose time the log does not have is no difference of the detections. */
function outside({ looked }: Missing, { covered }: Evidence): DifferenceReason | undefined {
  if (covered === undefined) return proven('time', 'the log has no event');
  if (looked === undefined || overlap(looked, [covered[0], (covered[1] + 1) as Micros])) return undefined;
  return proven('time', `the log has no events of its time; it has ${rangeText(covered)}`);
}

function otherId(missing: Missing, evidence: Evidence): DifferenceReason | undefined {
  const { event } = missing;
  if (event.uid === undefined) return undefined;
  const same = ofRule(missing, evidence).find((own) => !own.dropped && isSameUnderOtherId(own, event));
  return same && proven('window', otherIdText(event, same));
}

const ofRule = ({ rule }: Missing, { ownOf }: Evidence): readonly OwnEvent[] => ownOf.get(rule.id) ?? [];

const sameFields = ({ rule, event }: Missing, one: OwnEvent): boolean =>
  agrees(rule, one.fields, event.fields);

function otherObject(missing: Missing, evidence: Evidence): DifferenceReason | undefined {
  const { event } = missing;
  const objects = ofRule(missing, evidence).filter(
    (one) => !one.dropped && one.object !== event.object && sameTime(one, event) && sameFields(missing, one),
  );
  // Only a row that says more than its user is the same row.
  const says = identityFields(missing.rule).some((field) => otherValues(missing.rule, event.fields, field));
  if (objects.length === 0 || !says) return undefined;
  const named = listed(objects.map(({ object }) => (object === '' ? 'none' : object)));
  return proven('object', `the same row has another risk object here: ${named}`);
}

function dropped(missing: Missing, evidence: Evidence): DifferenceReason | undefined {
  const { event } = missing;
  const found = ofRule(missing, evidence).some(
    (one) => one.dropped && one.object === event.object && sameTime(one, event) && sameFields(missing, one),
  );
  return found ? proven('filter', 'rules.result_filters drops this row here') : undefined;
}

function otherWindow(missing: Missing, evidence: Evidence): DifferenceReason | undefined {
  const { event, rule, looked } = missing;
  if (rule.window.kind !== 'tumbling' || event.window === undefined) return undefined;
  const near = ofRule(missing, evidence).find(
    (one) =>
      !one.dropped &&
      one.object === event.object &&
      sameFields(missing, one) &&
      !sameTime(one, event) &&
      overlap(one.window, looked!),
  );
  return near && proven('window', windowWords(rule, event.window, near.window));
}

function windowWords(rule: Rule, theirs: Range, ours: Range): string {
  const length = theirs[1] - theirs[0];
  if (Math.abs(length - rule.timespan) > 1_000_000)
    return `its window is ${spanText(length as never)} long, ours ${spanText(rule.timespan)}`;
  const offset = Math.round((theirs[0] % rule.timespan) / minutes(1));
  return `its windows begin at ${phaseText(theirs[0])}, ours at ${phaseText(ours[0])}; offset: ${offset}m in an override makes them the same`;
}

/** Only where the place decides whether there is a row. */
function otherPlace({ event, rule }: Missing, { geo }: Evidence): DifferenceReason | undefined {
  if (!rule.groupBy.some(isPlace)) return undefined;
  const [address] = otherValues(rule, event.fields, 'sourceIPs') ?? [];
  if (address === undefined) return undefined;
  const [country = ''] = otherValues(rule, event.fields, 'sourceIPs.geo.country.name') ?? [];
  const [city = ''] = otherValues(rule, event.fields, 'sourceIPs.geo.locality.name') ?? [];
  const place = geo.locate(address);
  const theirs = country === '' ? '' : ` (there: ${placeText({ country, city })})`;
  if (place === undefined) return proven('place', `our geo database has no place for ${address}${theirs}`);
  if (country === '' || (place.country === country && place.city === city)) return undefined;
  return proven('place', `our geo database has ${address} in ${placeText(place)}${theirs}`);
}

/** From the events in its time that have its values. */
function fromMatches(missing: Searched, evidence: Evidence): DifferenceReason | undefined {
  const { rule, event } = missing;
  const same = missing.matches.filter((match) => agrees(rule, match.fields, event.fields, eventFields(rule)));
  if (same.length === 0) return undefined;
  const counted = same.filter(({ filtered }) => !filtered);
  if (counted.length === 0)
    return proven(
      'filter',
      `${sigmaFilters(rule, evidence)} took ${many(same.length, 'event')} of it out here`,
    );
  return rule.window.kind === 'tumbling'
    ? fromCount(missing, counted, evidence)
    : fromSingle(missing, counted, evidence);
}

/** Fields that a single event has; its place is not part of it. */
const eventFields = (rule: Rule): readonly string[] =>
  identityFields(rule).filter((field) => !isPlace(field));

/** The events of its time that match the rule and have its risk object. */
const ofObject = (
  rule: Rule,
  { object }: OtherEvent,
  looked: Range | undefined,
  { trace }: Evidence,
): readonly TracedMatch[] => trace.of(rule, looked).filter(withObject(rule, object));

function sigmaFilters(rule: Rule, { ruleSet }: Evidence): string {
  const filters = ruleSet.bases.filter(({ id }) => rule.inputs.includes(id)).flatMap((base) => base.filters);
  const names = listed(filters.map(({ head }) => head.name ?? head.title));
  return `the Sigma filter${filters.length === 1 ? '' : 's'} ${names}`;
}

function fromCount(
  { rule, event, looked }: Missing,
  counted: readonly TracedMatch[],
  { covered }: Evidence,
): DifferenceReason {
  const here = counted.length;
  const there = Number(event.fields.get('count')?.[0] ?? Number.NaN);
  const counts = Number.isNaN(there)
    ? `the log has ${many(here, 'event')} of it`
    : `the log has ${here} of its ${many(there, 'event')}`;
  if (meets(here, rule.condition))
    return proven(
      'window',
      `${counts}, but no window of ours has enough of them: their times are ${rangeText(spanOf(counted))}`,
    );
  if (
    covered !== undefined &&
    looked !== undefined &&
    (covered[0] > looked[0] || covered[1] < looked[1] - HOUR)
  )
    return likely('time', `${counts}, and the log does not have all of its window`);
  const stages = listed(counted.flatMap(({ fields }) => fields.get('stage') ?? []));
  if (there > here && there % here === 0)
    return likely(
      'stage',
      `${counts}, all of the stage ${stages}: each may be indexed ${there / here} times there, with other stages or twice`,
    );
  return proven('count', counts);
}

function spanOf(matches: readonly TracedMatch[]): Range {
  let [first, last] = [matches[0]!.at, matches[0]!.at];
  for (const { at } of matches) {
    if (at < first) first = at;
    if (at > last) last = at;
  }
  return [first, last];
}

/** Its event was found, and its detection was not free: another row has it, or it was an earlier one of the hour. */
function fromSingle(
  { rule, event }: Missing,
  counted: readonly TracedMatch[],
  { ownOf }: Evidence,
): DifferenceReason | undefined {
  if (rule.kind === 'match')
    return likely(
      'count',
      `there are more rows of it than the log has events (${counted.length}): records may be indexed twice there`,
    );
  const [first] = counted;
  const begun = (ownOf.get(rule.id) ?? []).find(
    (one) => one.object === event.object && within(first!.at, hourOf(one.at, rule.timespan)),
  );
  return (
    begun &&
    proven(
      'window',
      `here its event of ${timeText(first!.at)} belongs to the risk event of ${timeText(begun.at)}: hours begin at :00 here`,
    )
  );
}

function hourOf(at: Micros, length: number): Range {
  const start = Math.floor(at / length) * length;
  return [start as Micros, (start + length) as Micros];
}

/** Another zone or clock on one side. */
function otherTime({ event, rule }: Missing, { onlyOwnOf }: Evidence): DifferenceReason | undefined {
  const here = (onlyOwnOf.get(rule.id) ?? []).find((own) => isShifted(own, event));
  return here && likely('time', `the same row is here at ${timeText(here.at)}: ${OTHER_CLOCK}`);
}

/** Events that are compared field by field. */
const NEAR_MAX = 1_000;

/** The event with the fewest fields that differ: of the same request, if there is one. */
function nearestOf({ rule, event, matches }: Searched) {
  const [request] = event.fields.get(REQUEST) ?? [];
  const same = matches.filter(({ fields }) => request !== undefined && fields.get(REQUEST)?.[0] === request);
  const fields = eventFields(rule);
  return (same.length > 0 ? same : matches.slice(0, NEAR_MAX))
    .map((match) => ({ match, differs: differingFields(rule, match.fields, event.fields, fields) }))
    .sort((a, b) => a.differs.length - b.differs.length)[0];
}

/** No event has all of its values: the one that comes closest says most. */
function noEvent(missing: Searched, evidence: Evidence): DifferenceReason {
  const { trace, covered } = evidence;
  const { event, looked } = missing;
  if (trace.full)
    return likely(
      'event',
      'the log has more matches than compare keeps; compare a shorter time (--from, --to)',
    );
  const nearest = nearestOf(missing);
  if (nearest === undefined) {
    const isPartly = covered !== undefined && looked !== undefined && covered[0] > looked[0];
    if (isPartly) return likely('time', 'the log begins within its window, and has no event of it');
    return proven('event', 'no event of the log matches the rule for this risk object in its time');
  }
  const { match, differs } = nearest;
  if (differs.length === 1 && differs[0] === 'stage')
    return proven(
      'stage',
      `the log has it only at the stage ${listed(match.fields.get('stage') ?? ['none'])}, not ${listed(event.fields.get('stage') ?? [])}`,
    );
  return proven(
    'event',
    `no event of the log has its values; the nearest, of ${timeText(match.at)}, differs in ${listed(differs)}`,
  );
}

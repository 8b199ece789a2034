import { minutes, span } from '../../lib/time-format.ts';
import type { RiskObject, Rule } from '../../model/rule.ts';
import { spanText } from '../../rules/explain/window-text.ts';
import { placeholders } from '../../semantics/placeholders.ts';
import { type Conf, type ConfStanza, isOn, placeIn } from './conf-file.ts';
import { type EscuSearch, filterMacro, searchDigest, searchThreshold } from './escu-searches.ts';
import { filterPipeline } from './filter-pipeline.ts';
import type { LookupFiles } from './lookup-files.ts';
import { riskAction } from './risk-action.ts';
import { rowShape } from './row-shape.ts';
import { searchWindows } from './schedule.ts';
import { searchExpression } from './search-expression.ts';
import { type SigmaBlock, sigmaDetection } from './sigma-detection.ts';
import { definitionOf, splTokens } from './spl-tokens.ts';
import { TokenReader } from './token-reader.ts';
import { UnreadablePart } from './unreadable-part.ts';

/** What the files of an app say beside the searches themselves. */
export interface AppFiles {
  readonly macros: Conf;
  readonly lookups: LookupFiles;
  /** Seconds that the clock of cron schedules is ahead of UTC; undefined where it is not known. */
  readonly ahead: number | undefined;
}

/** What a rule must be told to answer as its search does. */
export interface DetectionSettings {
  /** Keys of an override; empty where the rule is as it ships. */
  readonly override: Readonly<Record<string, unknown>>;
  readonly resultFilter: SigmaBlock | undefined;
  /** The values of its allow-list. */
  readonly list:
    | { readonly name: string; readonly values: readonly (string | number | boolean)[] }
    | undefined;
  readonly notes: readonly string[];
}

/** A search of the app, and the rule that follows it. */
export interface Counterpart {
  readonly name: string;
  readonly rule: Rule;
  readonly search: EscuSearch;
  readonly stanza: ConfStanza;
  /** The `file:line` of the stanza. */
  readonly where: string;
}

/** Reads all parts of a search. `faults`: gets each part that cannot be read; then the rest means nothing. */
export function detectionSettings(
  counterpart: Counterpart,
  app: AppFiles,
  faults: UnreadablePart[],
): DetectionSettings {
  const attempt = <Part>(read: () => Part, otherwise: Part): Part => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UnreadablePart)) throw error;
      faults.push(error);
      return otherwise;
    }
  };
  attempt(() => checkEvents(counterpart.stanza), undefined);
  attempt(() => checkAlert(counterpart.stanza), undefined);
  const filter = attempt(() => rowFilter(counterpart, app), NOTHING);
  return {
    override: {
      ...attempt(() => fromSearch(counterpart), {}),
      ...attempt(() => fromSchedule(counterpart, app), {}),
      ...attempt(() => fromRisk(counterpart), {}),
    },
    resultFilter: filter.block,
    list: attempt(() => allowList(counterpart, app), undefined),
    notes: [...filter.notes, ...skewNote(counterpart), ...attempt(() => actionNotes(counterpart), [])],
  };
}

const NOTHING = { block: undefined, notes: [] } as const;

type Keys = Readonly<Record<string, unknown>>;

/** The rule follows one search. Of a changed one only the threshold is known to mean the same. */
function fromSearch({ rule, search, stanza, where }: Counterpart): Keys {
  const text = stanza.get('search');
  if (text === undefined)
    throw new UnreadablePart(where, 'there is no search; give the files of default, too');
  if (searchDigest(text.text) !== search.digest)
    throw new UnreadablePart(
      placeIn(text),
      'the search is not the one that the rule follows: it was changed, or is of a version of ESCU that is not known here',
    );
  const threshold = searchThreshold(text.text);
  const [bound] = rule.condition;
  if (threshold !== undefined && !(threshold >= 0 && threshold <= Number.MAX_SAFE_INTEGER))
    throw new UnreadablePart(placeIn(text), 'every count passes its threshold, or none does');
  return threshold === undefined || threshold === bound?.value ? {} : { threshold };
}

/** Keys that change which events are searched. */
const OTHER_EVENTS = ['dispatch.index_earliest', 'dispatch.index_latest'];
const SAMPLES = 'dispatch.sample_ratio';

function checkEvents(stanza: ConfStanza): void {
  const odd = [...OTHER_EVENTS, SAMPLES]
    .filter((key) => key !== SAMPLES || stanza.get(key)?.text !== '1')
    .find((key) => (stanza.get(key)?.text ?? '') !== '');
  if (odd === undefined) return;
  const value = stanza.get(odd)!;
  throw new UnreadablePart(placeIn(value), `${odd} = ${value.text} leaves out events`);
}

/** Keys that say when a result is none. Each with the values that change nothing. */
const ALERT: readonly (readonly [key: string, fits: RegExp])[] = [
  ['counttype', /^(number of events|always)$/i],
  ['alert_type', /^(number of events|always)$/i],
  ['relation', /^greater than$/i],
  ['alert_comparator', /^greater than$/i],
  ['quantity', /^0$/],
  ['alert_threshold', /^0$/],
  ['alert_condition', /^$/],
];

function checkAlert(stanza: ConfStanza): void {
  const suppress = stanza.get('alert.suppress');
  if (isOn(suppress, false))
    throw new UnreadablePart(
      placeIn(suppress!),
      'the search is throttled (alert.suppress), for which there is nothing here',
    );
  for (const [key, fits] of ALERT) {
    const value = stanza.get(key);
    if (value !== undefined && value.text !== '' && !fits.test(value.text))
      throw new UnreadablePart(placeIn(value), `the alert depends on ${key} = ${value.text}`);
  }
}

const SECOND = minutes(1) / 60;

function fromSchedule({ rule, stanza, where }: Counterpart, { ahead }: AppFiles): Keys {
  const [cron, earliest, latest] = ['cron_schedule', 'dispatch.earliest_time', 'dispatch.latest_time'].map(
    (key) => {
      const value = stanza.get(key);
      if (value === undefined || value.text === '') throw new UnreadablePart(where, `there is no ${key}`);
      return value;
    },
  );
  const found = searchWindows({ cron: cron!, earliest: earliest!, latest: latest!, ahead });
  const [timespan, offset, lateness] = [found.length, found.offset, found.lateness].map((seconds) =>
    span(seconds * SECOND),
  );
  if (rule.kind === 'match') return {};
  const { window } = rule;
  if (window.kind === 'sliding')
    return timespan === rule.timespan ? {} : { timespan: spanText(timespan!), quiet: spanText(timespan!) };
  return {
    ...(timespan === rule.timespan ? {} : { timespan: spanText(timespan!) }),
    ...(offset === window.offset ? {} : { offset: spanText(offset!) }),
    ...(lateness === window.lateness ? {} : { lateness: spanText(lateness!) }),
  };
}

/** The clock moves the minute of a search, and no file says by how much. */
function skewNote({ rule, stanza }: Counterpart): readonly string[] {
  const skew = stanza.get('allow_skew');
  if (rule.window.kind !== 'tumbling' || skew === undefined || /^0?$/.test(skew.text)) return [];
  return [
    `${placeIn(skew)}  allow_skew may move the minute at which ${rule.title} runs, and with it its windows; sidewatch compare shows by how much`,
  ];
}

const ACTION = /^action\.(\w+)$/;

/** Actions other than risk are Splunk's own. */
function actionNotes({ rule, stanza }: Counterpart): readonly string[] {
  return Array.from(stanza, ([key, value]) => {
    const name = ACTION.exec(key)?.[1];
    if (name === undefined || name === 'risk' || !isOn(value, false)) return [];
    return [`${placeIn(value)}  ${rule.title} has the action ${name}, for which there is nothing here`];
  }).flat();
}

function fromRisk({ rule, stanza, where }: Counterpart): Keys {
  const action = riskAction(stanza, where);
  const shape = rowShape(rule);
  const unknown = [
    ...[...action.objects, ...action.threats].map(({ field }) => field),
    ...placeholders(action.message ?? ''),
  ].find((field) => shape.nameOf(field) === undefined);
  if (unknown !== undefined)
    throw new UnreadablePart(action.where, `the rows of this detection have no field ${unknown}`);
  const { risk, rename } = rule;
  const isSame = (theirs: readonly RiskObject[], ours: readonly RiskObject[]) =>
    JSON.stringify(theirs.map(({ field, type }) => [field, type])) ===
    JSON.stringify(ours.map(({ field, type }) => [rename[field] ?? field, type]));
  return {
    ...(action.score === risk.score ? {} : { score: action.score }),
    ...(action.message === undefined || action.message === risk.message ? {} : { message: action.message }),
    ...(isSame(action.objects, risk.objects) ? {} : { objects: action.objects }),
    ...(isSame(action.threats, risk.threats) ? {} : { threats: action.threats }),
  };
}

function rowFilter({ name, rule, where }: Counterpart, { macros, lookups }: AppFiles) {
  const definition = definitionOf(filterMacro(name), macros, where);
  const at = placeIn(definition);
  const shape = rowShape(rule);
  const hasField = (field: string) => shape.nameOf(field) !== undefined;
  const condition = filterPipeline(splTokens(definition, macros), at, lookups, hasField);
  return sigmaDetection(condition, shape, at);
}

/** The macro stands behind `search NOT`, as text: without parentheses, NOT may not be for all of it. */
function allowList({ search, where }: Counterpart, { macros, lookups }: AppFiles): DetectionSettings['list'] {
  if (search.allowList === undefined) return undefined;
  const { macro, field } = search.allowList;
  const definition = definitionOf(macro, macros, where);
  const at = placeIn(definition);
  const not = { kind: 'word', text: 'NOT', where: at } as const;
  const reader = new TokenReader([not, ...splTokens(definition, macros)], at);
  const condition = searchExpression(reader, lookups);
  if (reader.next !== undefined) throw reader.fault(`cannot be read at ${reader.next.text}`);
  if (condition.kind === 'constant' && condition.holds) return { name: macro, values: [] };
  const tests =
    condition.kind !== 'not' ? [] : condition.of.kind === 'any' ? condition.of.of : [condition.of];
  const values = tests.map((one) =>
    one.kind === 'test' && one.test.field === field && one.test.modifiers.length === 0
      ? one.test.values
      : undefined,
  );
  if (values.length === 0 || values.includes(undefined))
    throw new UnreadablePart(
      at,
      `behind "search NOT", ${macro} is not a list of values of ${field}: wants ${field} IN (...), or several values joined by OR in parentheses`,
    );
  return { name: macro, values: values.flatMap((some) => some ?? []) };
}

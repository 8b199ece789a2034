import type { WarmGroup } from '../../correlate/warm-groups.ts';
import { jsonText } from '../../lib/json-text.ts';
import { COUNTERS, type CounterInfo, type CounterName } from '../../model/counters.ts';
import { type Detection, FACTS } from '../../model/hit.ts';
import type { Readiness } from '../../model/readiness.ts';
import type { Rule } from '../../model/rule.ts';
import type { Clock, Micros } from '../../model/time.ts';
import type { ReadableCounters } from '../../ops/counter-store.ts';
import type { Redact } from '../../risk/redaction/redactor.ts';
import type { LiveBound, LiveDestination, LiveGroup, LiveState } from './live-shape.ts';

/** Groups that are looked at each second, and of these the nearest to a detection that are shown. */
const LOOKED_MAX = 200;
const WARM_MAX = 40;
/** Rules that are shown: those that fired or matched most. */
const RULES_MAX = 60;
/** Characters of a value that are shown. */
const VALUE_MAX = 200;

/** Counters that say that something was lost, refused or had to give way. */
const LOSSES = [
  'memory_refused',
  'outbox_refused',
  'requests_refused',
  'records_rejected',
  'outbox_dropped',
  'export_dead',
  'export_lost',
  'export_cut',
  'dead_letters_removed',
  'groups_evicted',
  'groups_folded',
  'state_evicted',
  'cells_evicted',
  'hits_evicted',
  'hits_late_dropped',
  'live_readers_closed',
] as const satisfies readonly CounterName[];

/** Facts of a group's latest hit that are shown. A group field of a body is redacted by what the resource is. */
const SHOWN_FACTS = [
  FACTS.client,
  FACTS.city,
  FACTS.country,
  FACTS.user,
  FACTS.cluster,
  FACTS.resource,
] as const;

/** The parts of a service that the live page shows. */
export interface LiveParts {
  readonly counters: ReadableCounters;
  readonly state: {
    warming(most: number): readonly WarmGroup[];
    readonly held: { readonly groups: number; readonly bytes: number };
    readonly outbox: { left(to: string): number; oldest(to: string): Micros | undefined };
  };
  /** The rules in force. */
  readonly rules: () => readonly Rule[];
  /** What a rule is called, by its id. */
  readonly ruleName: (id: string) => string;
  readonly redact: Redact;
  readonly bytesMax: number;
  /** Bytes in use, and the limit of memory_limiter; undefined where there is none. */
  readonly memory: (() => LiveBound) | undefined;
  readonly destinations: readonly Pick<LiveDestination, 'name' | 'target' | 'capacity'>[];
  readonly clusters: { readonly all: ReadonlyMap<string, { readonly last: Micros; readonly lag: number }> };
  readonly readiness: Pick<Readiness, 'now'>;
  readonly clock: Clock;
}

export function liveState(parts: LiveParts): LiveState {
  const { counters, state, bytesMax, memory, readiness, clock } = parts;
  const now = clock();
  const { ready, reasons } = readiness.now();
  return {
    at: ms(now),
    ready,
    reasons,
    totals: {
      requests: counters.total('requests'),
      events: counters.total('events'),
      matches: counters.total('matches'),
      detections: counters.total('detections'),
    },
    warming: warming(parts),
    bounds: [
      { name: 'windows', used: state.held.bytes, of: bytesMax },
      ...(memory ? [{ name: 'process' as const, ...memory() }] : []),
    ],
    groups: state.held.groups,
    losses: LOSSES.flatMap((name) => {
      const count = counters.total(name);
      const info: CounterInfo = COUNTERS[name];
      return count > 0 ? [{ name, count, what: info.what }] : [];
    }),
    destinations: parts.destinations.map(({ name, target, capacity }) => {
      const oldest = state.outbox.oldest(name);
      return {
        name,
        target,
        waiting: state.outbox.left(name),
        capacity,
        oldest: oldest === undefined ? null : ms(Math.max(0, now - oldest)),
        delivered: counters.total('exported', name),
        retries: counters.total('export_retries', name),
        refused: counters.total('export_dead', name),
      };
    }),
    clusters: [...parts.clusters.all].map(([name, { last, lag }]) => ({
      name,
      last: ms(last),
      lag: ms(lag),
    })),
    rules: activeRules(parts),
  };
}

/** On one line. */
export const liveStateText = (parts: LiveParts): string => jsonText(liveState(parts));

const ms = (micros: number): number => Math.round(micros / 1000);

/** The nearest to a detection first; of these the latest. Silent rules send nothing, so nothing of them is shown. */
function warming({ state, ruleName, redact }: LiveParts): LiveState['warming'] {
  const part = ({ count, of }: WarmGroup) => (of === undefined ? 0 : count / of);
  return state
    .warming(LOOKED_MAX)
    .filter(({ rule }) => !rule.silent)
    .toSorted((a, b) => Number(a.fired) - Number(b.fired) || part(b) - part(a) || b.at - a.at)
    .slice(0, WARM_MAX)
    .map((one) => shownGroup(one, ruleName, redact));
}

function shownGroup(
  { rule, group, values, count, of, at, fired }: WarmGroup,
  ruleName: (id: string) => string,
  redact: Redact,
): LiveGroup {
  const facts = Object.fromEntries(SHOWN_FACTS.map((name) => [name, values[name] ?? []]));
  const whole: Detection = {
    id: '',
    rule: rule.id,
    kind: 'risk',
    at,
    group,
    count,
    exact: true,
    window: [at, at],
    seen: [at, at],
    values: facts,
    truncated: [],
    cut: false,
  };
  const shown = redact(whole)?.detection ?? whole;
  const fact = (name: string): string =>
    short((shown.values[name] ?? []).filter((one) => one !== '').join(', '));
  return {
    rule: ruleName(rule.id),
    title: rule.title,
    level: rule.level,
    group: Object.entries(shown.group).map(
      ([field, value]) => [field, value === null ? null : short(value)] as const,
    ),
    count,
    of: of ?? null,
    fired,
    at: ms(at),
    client: fact(FACTS.client),
    place: [fact(FACTS.city), fact(FACTS.country)].filter((one) => one !== '').join(', '),
    user: fact(FACTS.user),
    cluster: fact(FACTS.cluster),
  };
}

const short = (text: string): string => (text.length <= VALUE_MAX ? text : `${text.slice(0, VALUE_MAX)}…`);

/** Those that have matched or fired, the busiest first. */
function activeRules({ counters, rules, ruleName }: LiveParts): LiveState['rules'] {
  return rules()
    .filter(({ silent }) => !silent)
    .map(({ id, title, level, inputs }) => ({
      name: ruleName(id),
      title,
      level,
      matched: inputs.reduce((sum, input) => sum + counters.total('matches', input), 0),
      fired: counters.total('detections', id),
    }))
    .filter(({ matched, fired }) => matched > 0 || fired > 0)
    .toSorted((a, b) => b.fired - a.fired || b.matched - a.matched)
    .slice(0, RULES_MAX);
}

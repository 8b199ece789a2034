import { type Detection, FACTS } from '../model/hit.ts';
import type { Attribute, RiskEvent } from '../model/risk.ts';
import { LEVELS, type Level, type Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { DetectionTally } from './detection-tally.ts';

/** Ids of detections, and risk objects, that a finding keeps: clients decide how many there are. */
const IDS_MAX = 100;
const OBJECTS_MAX = 16;

/** Who did it, as far as all hits of the latest detection agree. */
export interface Actor {
  /** The values of the group key by field. Empty for a rule without a group. */
  readonly group: Readonly<Record<string, string | null>>;
  readonly user: string | undefined;
  /** An address, or for an overflow detection a network. */
  readonly client: string | undefined;
  /** City and country, as far as they are known. */
  readonly place: readonly string[];
  readonly cluster: string | undefined;
}

export interface RiskObjectName {
  readonly type: string;
  readonly value: string;
}

interface Figures extends Pick<Detection, 'count' | 'exact' | 'seen'> {
  /** True where the time of a hit only says when its event was seen. */
  readonly fallback: boolean;
}

/** One behaviour, for people: detections of one rule and one actor that go on from each other. All text is from the log, so hostile. */
export interface Finding extends Figures {
  readonly rule: Rule;
  /** That of the gravest detection. For refused requests it may be below the rule's. */
  readonly level: Level;
  /** The highest; undefined for an overflow detection. */
  readonly score: number | undefined;
  /** Of its latest detection. */
  readonly message: string;
  readonly who: Actor;
  /** At most OBJECTS_MAX. */
  readonly objects: readonly RiskObjectName[];
  /** The number of detections in it. */
  readonly alerts: number;
  readonly window: Detection['window'];
  /** Of its detections; the first IDS_MAX. */
  readonly ids: readonly string[];
}

/** A finding with what it is made of. */
export interface EvidentFinding extends Finding {
  /** Its latest detection, with all attributes. */
  readonly risk: RiskEvent;
  /** The final figures and values of that detection; undefined without a summary. */
  readonly summary: RiskEvent | undefined;
}

interface Draft extends Finding {
  readonly risk: RiskEvent | undefined;
  readonly summary: RiskEvent | undefined;
  readonly summarised: boolean;
}

export interface FindingsOptions {
  /** One finding for each detection. */
  readonly all?: boolean;
}

/** Detections as findings for people. Where a detection has a summary, all its figures come from the summary. */
abstract class FoldedFindings {
  /** Of all detections. */
  readonly tally = new DetectionTally();
  readonly #rules: ReadonlyMap<string, Rule>;
  readonly #all: boolean;
  readonly #evidence: boolean;
  /** Of rules that fire for each event: detections that look the same share one. */
  readonly #events = new Map<string, Draft>();
  /** By detection id. */
  readonly #fired = new Map<string, Draft>();
  /** The key of the risk event before, if it was one of `#events`, and its detection. */
  #last = { key: '', id: '' };

  constructor(rules: readonly Rule[], { all = false }: FindingsOptions, evidence: boolean) {
    this.#rules = new Map(rules.map((rule) => [rule.id, rule]));
    this.#all = all;
    this.#evidence = evidence;
  }

  /** Risk events of one detection follow each other: each further one adds its risk object. */
  add(event: RiskEvent): void {
    const { id, kind, rule: ruleId } = event.detection;
    const rule = this.#rules.get(ruleId)!;
    if (kind === 'summary') this.#summarise(event);
    else if (rule.kind === 'match' && !this.#all) this.#addEvent(rule, event);
    else {
      const before = this.#fired.get(id);
      this.#fired.set(id, before === undefined ? this.#draft(rule, event) : withObject(before, event));
    }
  }

  /** The gravest first, then the earliest. */
  protected drafts(): readonly Draft[] {
    const fired = [...this.#fired.values()];
    return [...this.#events.values(), ...(this.#all ? fired : joined(fired))].sort(gravestFirst);
  }

  #addEvent(rule: Rule, event: RiskEvent): void {
    const { id } = event.detection;
    if (id === this.#last.id) {
      const { key } = this.#last;
      this.#events.set(key, withObject(this.#events.get(key)!, event));
      return;
    }
    const draft = this.#draft(rule, event);
    const key = JSON.stringify([rule.id, draft.score, actorText(draft.who)]);
    const before = this.#events.get(key);
    this.#events.set(key, before === undefined ? draft : folded(before, draft));
    this.#last = { key, id };
  }

  #draft(rule: Rule, event: RiskEvent): Draft {
    const { detection, score, body, severityText } = event;
    const level = severityText as Level;
    this.tally.add(level, event.at);
    return {
      rule,
      level,
      score,
      message: body,
      who: actorOf(event),
      objects: objectOf(event),
      ...figuresOf(detection),
      alerts: 1,
      window: detection.window,
      ids: [detection.id],
      risk: this.#evidence ? event : undefined,
      summary: undefined,
      summarised: false,
    };
  }

  /** A second summary is that of a group that was closed early and came back: it counts the hits since then. */
  #summarise(event: RiskEvent): void {
    const { of = '', window } = event.detection;
    const fired = this.#fired.get(of);
    if (fired === undefined) return;
    const own = figuresOf(event.detection);
    const figures = fired.summarised ? { ...together(fired, own), exact: false } : own;
    const summary = this.#evidence ? event : undefined;
    this.#fired.set(of, { ...fired, ...figures, window, summary, summarised: true });
  }
}

/** Keeps only what a table shows, no events. */
export class Findings extends FoldedFindings {
  constructor(rules: readonly Rule[], options: FindingsOptions = {}) {
    super(rules, options, false);
  }

  list(): readonly Finding[] {
    return this.drafts();
  }
}

/** Keeps one risk event and one summary for each detection of a window. */
export class EvidentFindings extends FoldedFindings {
  constructor(rules: readonly Rule[], options: FindingsOptions = {}) {
    super(rules, options, true);
  }

  list(): readonly EvidentFinding[] {
    return this.drafts() as readonly EvidentFinding[];
  }
}

/** The group, or for a rule without a group the user and the address; then the place. */
export function actorText({ group, user, client, place }: Actor): string {
  const values = Object.values(group).filter(held);
  const named = values.length > 0 ? values : [user, client].filter(held);
  const where = place.filter((part) => !named.includes(part));
  return [...named, ...(where.length > 0 ? [`(${where.join(', ')})`] : [])].join(' ');
}

export const levelRank = (level: Level): number => LEVELS.indexOf(level);

function gravestFirst(a: Finding, b: Finding): number {
  return levelRank(b.level) - levelRank(a.level) || (b.score ?? 0) - (a.score ?? 0) || a.seen[0] - b.seen[0];
}

/**
 * A sliding rule fires once in each bucket, so a scan that goes on over a border has two detections. It is one finding, with
 * the hits of both: the buckets share no hit.
 */
function joined(fired: readonly Draft[]): readonly Draft[] {
  const done: Draft[] = [];
  const latest = new Map<string, Draft>();
  for (const next of [...fired].sort((a, b) => a.window[0] - b.window[0])) {
    const { rule, who } = next;
    const key =
      rule.window.kind === 'sliding'
        ? JSON.stringify([rule.id, Object.values(who.group), actorText(who)])
        : next.ids[0]!;
    const before = latest.get(key);
    if (before !== undefined && goesOn(before, next)) latest.set(key, folded(before, next));
    else {
      if (before !== undefined) done.push(before);
      latest.set(key, next);
    }
  }
  return [...done, ...latest.values()];
}

const goesOn = (before: Draft, next: Draft): boolean =>
  next.window[0] === before.window[1] && next.seen[0] - before.seen[1] < next.rule.timespan;

/** Two parts that share no hit. */
function folded(before: Draft, next: Draft): Draft {
  return {
    ...next,
    ...together(before, next),
    level: levelRank(before.level) > levelRank(next.level) ? before.level : next.level,
    score: before.score === undefined ? next.score : Math.max(before.score, next.score ?? 0),
    objects: withObjects(before.objects, next.objects),
    alerts: before.alerts + next.alerts,
    window: [earlier(before.window[0], next.window[0]), later(before.window[1], next.window[1])],
    ids: before.ids.length < IDS_MAX ? [...before.ids, ...next.ids].slice(0, IDS_MAX) : before.ids,
  };
}

const together = (some: Figures, more: Figures): Figures => ({
  count: some.count + more.count,
  exact: some.exact && more.exact,
  fallback: some.fallback || more.fallback,
  seen: [earlier(some.seen[0], more.seen[0]), later(some.seen[1], more.seen[1])],
});

const earlier = (a: Micros, b: Micros): Micros => Math.min(a, b) as Micros;
const later = (a: Micros, b: Micros): Micros => Math.max(a, b) as Micros;

const figuresOf = ({ count, exact, seen, values }: Detection): Figures => ({
  count,
  exact,
  seen,
  fallback: values[FACTS.fallback] !== undefined,
});

const withObject = (finding: Draft, event: RiskEvent): Draft => {
  const objects = withObjects(finding.objects, objectOf(event));
  return objects === finding.objects ? finding : { ...finding, objects };
};

function withObjects(
  some: readonly RiskObjectName[],
  more: readonly RiskObjectName[],
): readonly RiskObjectName[] {
  if (some.length >= OBJECTS_MAX) return some;
  const fresh = more.filter(
    ({ type, value }) => !some.some((one) => one.type === type && one.value === value),
  );
  return fresh.length === 0 ? some : [...some, ...fresh].slice(0, OBJECTS_MAX);
}

function objectOf({ attributes }: RiskEvent): readonly RiskObjectName[] {
  const value = attributes['sidewatch.risk.object'];
  return held(value) ? [{ type: String(attributes['sidewatch.risk.object.type']), value }] : [];
}

function actorOf({ detection: { group, overflow }, attributes, resource }: RiskEvent): Actor {
  const text = (value: Attribute | undefined) => (held(value) ? value : undefined);
  return {
    group,
    user: text(attributes['user.name']),
    client: text(attributes['client.address']) ?? overflow?.network,
    place: [attributes['client.geo.locality.name'], attributes['client.geo.country.name']].filter(held),
    cluster: text(resource['k8s.cluster.name']),
  };
}

const held = (value: unknown): value is string => typeof value === 'string' && value !== '';

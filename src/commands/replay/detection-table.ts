import { formatTime } from '../../lib/time-format.ts';
import { type Detection, FACTS } from '../../model/hit.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import { techniqueName, techniques } from '../../semantics/attack.ts';
import { columns } from '../output/columns.ts';

/** Columns of a terminal for one cell: clients choose the length of user names and agents. */
const CELL_MAX = 60;

const HEAD = ['RULE', 'SCORE', 'COUNT', 'WHO', 'FIRST SEEN', 'LAST SEEN', 'TECHNIQUE'];

interface Figures extends Pick<Detection, 'count' | 'exact' | 'seen'> {
  /** True where the time of a hit only says when its event was seen. */
  readonly fallback: boolean;
}

interface Row {
  readonly rule: Rule;
  readonly score: number | undefined;
  readonly who: string;
  readonly figures: Figures;
}

/** What one detection of a window adds to the table. */
interface Fired extends Row {
  /** Detections of one key may be parts of the same row. */
  readonly key: string;
  readonly window: Detection['window'];
  readonly summarised: boolean;
}

/**
 * Detections as a table for people. It keeps only what it shows, no events. Where a detection has a summary, all its figures
 * come from the summary.
 */
export class DetectionTable {
  readonly #rules: ReadonlyMap<string, Rule>;
  /** Rows of rules that fire for each event: detections that look the same share one. */
  readonly #events = new Map<string, Row>();
  /** By detection id. */
  readonly #fired = new Map<string, Fired>();
  /** The detection of the risk event before. */
  #last = '';

  constructor(rules: readonly Rule[]) {
    this.#rules = new Map(rules.map((rule) => [rule.id, rule]));
  }

  /** A further risk object of the same detection adds nothing. */
  add(event: RiskEvent): void {
    const { id, kind, rule: ruleId } = event.detection;
    if (kind === 'summary') this.#summarise(event.detection);
    if (kind === 'summary' || id === this.#last) return;
    this.#last = id;
    const rule = this.#rules.get(ruleId)!;
    if (rule.kind === 'match') this.#addEvent(rule, event);
    else if (!this.#fired.has(id)) this.#fired.set(id, firedBy(rule, event));
  }

  /** By first seen, then by score; '' without detections. */
  text(): string {
    const rows = [...this.#events.values(), ...joined([...this.#fired.values()])];
    if (rows.length === 0) return '';
    rows.sort((a, b) => a.figures.seen[0] - b.figures.seen[0] || (b.score ?? 0) - (a.score ?? 0));
    return columns([HEAD, ...rows.map(cells)], CELL_MAX);
  }

  #addEvent(rule: Rule, event: RiskEvent): void {
    const { score } = event;
    const actor = who(event);
    const key = JSON.stringify([rule.id, score, actor]);
    const before = this.#events.get(key);
    const figures = figuresOf(event.detection);
    const all = before === undefined ? figures : together(before.figures, figures);
    this.#events.set(key, { rule, score, who: actor, figures: all });
  }

  /** A second summary is that of a group that was closed early and came back: it counts the hits since then. */
  #summarise(summary: Detection): void {
    const of = summary.of ?? '';
    const fired = this.#fired.get(of);
    if (fired === undefined) return;
    const figures = fired.summarised
      ? { ...together(fired.figures, figuresOf(summary)), exact: false }
      : figuresOf(summary);
    this.#fired.set(of, { ...fired, figures, window: summary.window, summarised: true });
  }
}

const figuresOf = ({ count, exact, seen, values }: Detection): Figures => ({
  count,
  exact,
  seen,
  fallback: values[FACTS.fallback] !== undefined,
});

function firedBy(rule: Rule, event: RiskEvent): Fired {
  const { detection, score } = event;
  const { id, group, window } = detection;
  const actor = who(event);
  const key = rule.window.kind === 'sliding' ? JSON.stringify([rule.id, Object.values(group), actor]) : id;
  return { rule, score, who: actor, key, window, figures: figuresOf(detection), summarised: false };
}

/**
 * A sliding rule fires once in each bucket, so a scan that goes on over a border has two detections. It is one row, with the
 * hits of both: the buckets share no hit.
 */
function joined(fired: readonly Fired[]): readonly Row[] {
  const rows: Row[] = [];
  const latest = new Map<string, Fired>();
  for (const next of [...fired].sort((a, b) => a.window[0] - b.window[0])) {
    const before = latest.get(next.key);
    if (before !== undefined && goesOn(before, next)) {
      const score = Math.max(before.score ?? 0, next.score ?? 0);
      const figures = together(before.figures, next.figures);
      latest.set(next.key, { ...next, score, figures });
    } else {
      if (before !== undefined) rows.push(before);
      latest.set(next.key, next);
    }
  }
  return [...rows, ...latest.values()];
}

const goesOn = (before: Fired, next: Fired): boolean =>
  next.window[0] === before.window[1] && next.figures.seen[0] - before.figures.seen[1] < next.rule.timespan;

function cells({ rule, score, who, figures }: Row): readonly string[] {
  const [first, last] = figures.seen;
  const count = `${figures.count}${figures.exact ? '' : '+'}`;
  const mark = figures.fallback ? '~' : '';
  return [
    rule.title,
    String(score ?? ''),
    count,
    who,
    mark + short(first),
    mark + short(last),
    named(techniques(rule.tags)),
  ];
}

/** The figures of two parts that share no hit. */
const together = (some: Figures, more: Figures): Figures => ({
  count: some.count + more.count,
  exact: some.exact && more.exact,
  fallback: some.fallback || more.fallback,
  seen: [Math.min(some.seen[0], more.seen[0]) as Micros, Math.max(some.seen[1], more.seen[1]) as Micros],
});

/** The group, or for a rule without a group the user and the address; then the location. */
function who({ detection, attributes }: RiskEvent): string {
  const held = (values: readonly unknown[]) =>
    values.filter((value) => typeof value === 'string' && value !== '').map(String);
  const group = held(Object.values(detection.group));
  const named = group.length > 0 ? group : held([attributes['user.name'], attributes['client.address']]);
  const place = held([attributes['client.geo.locality.name'], attributes['client.geo.country.name']]).filter(
    (part) => !named.includes(part),
  );
  return [...named, ...(place.length > 0 ? [`(${place.join(', ')})`] : [])].join(' ');
}

/** Techniques by id and name, or by id alone where the name is not known. */
const named = (ids: readonly string[]): string =>
  ids.map((id) => [...new Set([id, techniqueName(id)])].join(' ')).join(', ');

const short = (time: Detection['seen'][0]) => {
  const text = formatTime(time);
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
};

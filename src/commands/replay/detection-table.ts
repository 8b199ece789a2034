import { formatTime } from '../../lib/time-format.ts';
import type { Detection } from '../../model/hit.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import { techniqueName, techniques } from '../../risk/attack.ts';
import { columns } from '../output/columns.ts';

/** Columns of a terminal for one cell: clients choose the length of user names and agents. */
const CELL_MAX = 60;

const HEAD = ['RULE', 'SCORE', 'COUNT', 'WHO', 'FIRST SEEN', 'LAST SEEN', 'TECHNIQUE'];

type Figures = Pick<Detection, 'count' | 'exact' | 'seen'>;

interface Row {
  readonly title: string;
  readonly score: number | undefined;
  readonly who: string;
  readonly techniques: string;
  figures: Figures;
}

/** Detections as a table for people. It keeps only what it shows, no events. */
export class DetectionTable {
  readonly #rules: ReadonlyMap<string, Rule>;
  /** By detection id. Detections of a rule that fires for each event share a row if they would look the same. */
  readonly #rows = new Map<string, Row>();
  /** The detection of the risk event before. */
  #last = '';

  constructor(rules: readonly Rule[]) {
    this.#rules = new Map(rules.map((rule) => [rule.id, rule]));
  }

  /** A further risk object of the same detection adds nothing. A summary brings the final figures. */
  add(event: RiskEvent): void {
    const { detection, score } = event;
    const { id, kind, of } = detection;
    const fired = kind === 'summary' ? this.#rows.get(of ?? '') : undefined;
    if (fired !== undefined) fired.figures = final(fired.figures, detection);
    if (kind !== 'risk' || id === this.#last) return;
    this.#last = id;
    const rule = this.#rules.get(detection.rule)!;
    const { count, exact, seen } = detection;
    const actor = who(event);
    const key = rule.kind === 'match' ? JSON.stringify([rule.id, score, actor]) : id;
    const row = this.#rows.get(key);
    if (row === undefined)
      this.#rows.set(key, {
        title: rule.title,
        score,
        who: actor,
        techniques: named(techniques(rule.tags)),
        figures: { count, exact, seen },
      });
    else if (rule.kind === 'match') row.figures = together(row.figures, detection);
  }

  /** By first seen, then by score; '' without detections. */
  text(): string {
    if (this.#rows.size === 0) return '';
    const rows = [...this.#rows.values()].sort(
      (a, b) => a.figures.seen[0] - b.figures.seen[0] || (b.score ?? 0) - (a.score ?? 0),
    );
    return columns([HEAD, ...rows.map(cells)], CELL_MAX);
  }
}

function cells({ title, score, who, techniques, figures }: Row): readonly string[] {
  const [first, last] = figures.seen;
  const count = `${figures.count}${figures.exact ? '' : '+'}`;
  return [title, String(score ?? ''), count, who, short(first), short(last), techniques];
}

/** A span may reach back into the bucket before, so a summary may count less than the detection that fired. */
function final(fired: Figures, summary: Figures): Figures {
  return { count: Math.max(fired.count, summary.count), exact: summary.exact, seen: both(fired, summary) };
}

function together(some: Figures, more: Figures): Figures {
  return { count: some.count + more.count, exact: some.exact && more.exact, seen: both(some, more) };
}

const both = ({ seen: [first, last] }: Figures, { seen }: Figures): Figures['seen'] => [
  Math.min(first, seen[0]) as Micros,
  Math.max(last, seen[1]) as Micros,
];

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

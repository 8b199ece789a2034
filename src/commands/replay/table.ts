import { formatTime } from '../../lib/time.ts';
import type { Detection } from '../../model/hit.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { Rule } from '../../model/rule.ts';
import { techniqueName, techniques } from '../../risk/attack.ts';
import { columns } from '../columns.ts';

/** Columns of a terminal for one cell: users and agents are as long as clients like. */
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

/** Detections for a person to read. It keeps what it shows, and none of the events. */
export class DetectionTable {
  readonly #rules: ReadonlyMap<string, Rule>;
  /** By detection. */
  readonly #rows = new Map<string, Row>();

  constructor(rules: readonly Rule[]) {
    this.#rules = new Map(rules.map((rule) => [rule.id, rule]));
  }

  /** A risk event of a detection that is known, for another risk object, adds nothing; a summary gives the final figures. */
  add(event: RiskEvent): void {
    const { detection, score } = event;
    const { id, kind, of } = detection;
    const fired = kind === 'summary' ? this.#rows.get(of ?? '') : undefined;
    if (fired !== undefined) fired.figures = final(fired.figures, detection);
    if (kind !== 'risk' || this.#rows.has(id)) return;
    const rule = this.#rules.get(detection.rule)!;
    const { count, exact, seen } = detection;
    this.#rows.set(id, {
      title: rule.title,
      score,
      who: who(event),
      techniques: named(techniques(rule.tags)),
      figures: { count, exact, seen },
    });
  }

  /** One line a detection, the first seen first, of those the gravest; '' where there is none. */
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

/** A span may reach back into the bucket before, so a summary can count less than what fired. */
function final(fired: Figures, summary: Figures): Figures {
  return {
    count: Math.max(fired.count, summary.count),
    exact: summary.exact,
    seen: [
      Math.min(fired.seen[0], summary.seen[0]) as Detection['seen'][0],
      Math.max(fired.seen[1], summary.seen[1]) as Detection['seen'][1],
    ],
  };
}

/** The group; of a rule without one, who asked from where. */
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

/** A technique that we have no name for is its id alone. */
const named = (ids: readonly string[]): string =>
  ids.map((id) => [...new Set([id, techniqueName(id)])].join(' ')).join(', ');

const short = (time: Detection['seen'][0]) => {
  const text = formatTime(time);
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
};

import type { RiskEvent } from '../model/risk.ts';
import type { Micros } from '../model/time.ts';

/** Objects whose scores are kept; when there are more, those with the lowest sums give way. Clients decide how many there are. */
const OBJECTS_MAX = 10_000;
/** Steps of one line. More of them are drawn as fewer, at the time of their last. */
const POINTS_MAX = 500;

export interface ScoreLine {
  readonly type: string;
  readonly value: string;
  readonly total: number;
  /** When, and how much was added. */
  readonly points: readonly (readonly [Micros, number])[];
}

interface Line {
  readonly type: string;
  readonly value: string;
  total: number;
  readonly points: [Micros, number][];
}

/** The scores of risk objects over time. */
export class ScoreHistory {
  readonly #lines = new Map<string, Line>();

  /** A summary or an overflow detection has no score, and adds nothing. */
  add({ score, detection, attributes }: RiskEvent): void {
    const value = attributes['sidewatch.risk.object'];
    if (score === undefined || score === 0 || typeof value !== 'string') return;
    const type = String(attributes['sidewatch.risk.object.type'] ?? '');
    const key = JSON.stringify([type, value]);
    const line = this.#lines.get(key) ?? { type, value, total: 0, points: [] };
    line.total += score;
    line.points.push([detection.at, score]);
    if (line.points.length > 4 * POINTS_MAX) line.points.splice(0, Infinity, ...coarser(line.points));
    this.#lines.set(key, line);
    if (this.#lines.size > 2 * OBJECTS_MAX) this.#makeRoom();
  }

  /** The objects with the highest sums, highest first. */
  highest(most: number): readonly ScoreLine[] {
    return this.#sorted()
      .slice(0, most)
      .map(([, line]) => ({ ...line, points: coarser(line.points) }));
  }

  #sorted(): readonly [string, Line][] {
    return [...this.#lines].sort(([, a], [, b]) => b.total - a.total);
  }

  #makeRoom(): void {
    for (const [key] of this.#sorted().slice(OBJECTS_MAX)) this.#lines.delete(key);
  }
}

/** At most POINTS_MAX steps with the same sum. */
function coarser(points: readonly (readonly [Micros, number])[]): [Micros, number][] {
  const sorted = points.toSorted((a, b) => a[0] - b[0]);
  const size = Math.ceil(sorted.length / POINTS_MAX);
  const steps: [Micros, number][] = [];
  for (let i = 0; i < sorted.length; i += size) {
    const part = sorted.slice(i, i + size);
    steps.push([part.at(-1)![0], part.reduce((sum, [, score]) => sum + score, 0)]);
  }
  return steps;
}

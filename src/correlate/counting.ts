import type { Counters } from '../model/counters.ts';
import type { Hit } from '../model/hit.ts';
import type { Bound, Rule } from '../model/rule.ts';
import { holds, leastCount, meets } from '../semantics/condition.ts';
import type { CountedHit, HitsByKey } from './held-hit.ts';
import { inputsInOrder } from './inputs-in-order.ts';
import { type FigureKind, figure, numbersOf } from './value-figures.ts';
import { tuplesOf } from './value-tuples.ts';

/** Hits of each input that a cell of a temporal_ordered rule is sure to hold at either end; those in the middle give way. */
export const ORDERED_MAX = 100;

type CountedKind = Exclude<Rule['kind'], 'match'>;

interface Read {
  readonly keys: readonly string[];
  readonly numbers?: readonly number[];
  readonly cut?: number;
  readonly strange?: number;
}

interface Kind {
  /** What a hit adds; `name` is its identity, or one of its own where it has none. */
  readonly read: (hit: Hit, name: () => string) => Read;
  /** The figure that the condition bounds. undefined where there is none: no bound holds then. */
  readonly figure: (found: HitsByKey) => number | undefined;
  /** by size: the number of distinct keys is the figure, whenever and by whom each was seen. */
  readonly by: 'hits' | 'size' | 'sightings';
  /** Whether a detection tells the figure as its value. */
  readonly told: boolean;
}

const size = ({ size }: HitsByKey) => size;
const NO_NUMBERS: readonly number[] = [];

const numeric =
  (kind: FigureKind) =>
  ({ conditionFields: [field], percentile = 0 }: Rule): Kind => ({
    read(hit, name) {
      const { numbers, cut, strange } = numbersOf(hit.values[field!] ?? []);
      return { keys: numbers.length > 0 ? [name()] : [], numbers, cut, strange };
    },
    figure: (found) => figure(kind, percentile, found.values()),
    by: 'sightings',
    told: true,
  });

const KINDS = {
  event_count: () => ({ read: (_, name) => ({ keys: [name()] }), figure: size, by: 'hits', told: false }),
  value_count: ({ conditionFields }) => ({
    read: ({ values }) => tuplesOf(values, conditionFields),
    figure: size,
    by: 'size',
    told: true,
  }),
  temporal: () => ({ read: ({ input }) => ({ keys: [input] }), figure: size, by: 'size', told: false }),
  temporal_ordered: ({ inputs }) => ({
    read: ({ input, at }) => ({ keys: [`${at} ${input}`] }),
    figure: (found) => (inputsInOrder(inputs, found.values()) ? inputs.length : 0),
    by: 'sightings',
    told: false,
  }),
  value_sum: numeric('value_sum'),
  value_avg: numeric('value_avg'),
  value_percentile: numeric('value_percentile'),
  value_median: numeric('value_median'),
} as const satisfies Record<CountedKind, (rule: Rule) => Kind>;

/** What a rule counts, and when that is enough: the one place where its kind matters. */
export class Counting {
  readonly #rule: Rule;
  readonly #kind: Kind;
  readonly #condition: readonly Bound[];
  #unnamed = 0;
  /** Inputs that are kept apart in cells, so that a flood of one does not push out another. */
  readonly lanes: readonly string[];
  /** Keys that a cell is sure to hold at either end, for a condition that only grows: no other is counted in cells. */
  readonly kept: number;
  /** Whether leaving out those in the middle can change an answer. */
  readonly lossy: boolean;
  /** From so many distinct keys on, more do not change whether the condition holds. */
  readonly settled: number;

  /** Throws for a rule without a window: a bug, not an input. */
  constructor(rule: Rule) {
    if (rule.kind === 'match') throw new Error(`${rule.id} counts nothing`);
    const { kind, inputs, seen } = rule;
    this.#rule = rule;
    this.#kind = KINDS[kind](rule);
    const all: readonly Bound[] = [{ op: 'gte', value: inputs.length }];
    const temporal = kind === 'temporal' || kind === 'temporal_ordered';
    this.#condition = temporal && rule.condition.length === 0 && seen === undefined ? all : rule.condition;
    this.lossy = kind === 'temporal_ordered';
    this.lanes = this.lossy ? inputs : [''];
    this.kept = this.lossy
      ? ORDERED_MAX
      : kind === 'temporal'
        ? inputs.length
        : (leastCount(this.#condition) ?? 1);
    this.settled =
      this.#kind.by === 'sightings' || seen !== undefined
        ? Number.POSITIVE_INFINITY
        : Math.max(...this.#condition.map(({ value }) => value)) + 1;
  }

  /** Whether the figure is the number of hits, so that nothing else need be remembered of them. */
  get countsHits(): boolean {
    return this.#kind.by === 'hits';
  }

  lane(input: string): number {
    return this.lossy ? Math.max(0, this.lanes.indexOf(input)) : 0;
  }

  /** `counters`: told what was left out. */
  read(hit: Hit, counters?: Counters): CountedHit {
    const name = () => hit.identity ?? `#${this.#unnamed++}`;
    const { keys, numbers = NO_NUMBERS, cut = 0, strange = 0 } = this.#kind.read(hit, name);
    if (counters) {
      const { id } = this.#rule;
      if (keys.length === 0) counters.add('hits_without_value', 1, id);
      if (cut > 0) counters.add('hit_values_cut', cut, id);
      if (strange > 0) counters.add('values_not_numbers', strange, id);
    }
    const { at, identity, input, values } = hit;
    return { keys, held: { at, identity, input, values, numbers } };
  }

  holds(found: HitsByKey): boolean {
    const { seen } = this.#rule;
    if (seen !== undefined && !holds(seen, found)) return false;
    const figure = this.#kind.figure(found);
    return figure !== undefined && meets(figure, this.#condition);
  }

  /** What a detection tells: distinct values, or the sum, average, percentile or median. */
  value(found: HitsByKey): number | undefined {
    return this.#kind.told ? this.#kind.figure(found) : undefined;
  }
}

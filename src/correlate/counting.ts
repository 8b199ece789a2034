import type { Counters } from '../model/counters.ts';
import type { Hit } from '../model/hit.ts';
import type { Bound, Rule } from '../model/rule.ts';
import { holds, leastCount, meets } from '../semantics/condition.ts';
import type { CountedHit, HitsByKey } from './held-hit.ts';
import { inputsInOrder } from './inputs-in-order.ts';
import { type FigureKind, figure, numbersOf } from './value-figures.ts';
import { tuplesOf } from './value-tuples.ts';
import type { CountingProgress } from './warm-groups.ts';

/** Hits of each input that a cell of a temporal_ordered rule is sure to hold at either end; hits in the middle give way. */
export const ORDERED_MAX = 100;

type CountedKind = Exclude<Rule['kind'], 'match'>;

/** What a kind of rule takes from a hit; see `CountedHit` and `HeldHit`. `cut` and `notNumbers` count what was left out. */
interface HitRead {
  readonly keys: readonly string[];
  readonly numbers?: readonly number[];
  readonly cut?: number;
  readonly notNumbers?: number;
}

interface Kind {
  /** What a hit adds; `name` gives its identity, or a unique name where it has none. */
  readonly read: (hit: Hit, name: () => string) => HitRead;
  /** The figure that the condition bounds. undefined where there is none: then no condition holds. */
  readonly figure: (hits: HitsByKey) => number | undefined;
  /** What decides the figure: the number of hits, the number of distinct keys, or the hits of these keys (times, numbers). */
  readonly by: 'hits' | 'keys' | 'hits of keys';
  /** Whether a detection carries the figure as its value. */
  readonly isValue: boolean;
}

const size = ({ size }: HitsByKey) => size;
const NO_NUMBERS: readonly number[] = [];

const numeric =
  (kind: FigureKind) =>
  ({ conditionFields: [field], percentile = 0 }: Rule): Kind => ({
    read(hit, name) {
      const { numbers, cut, notNumbers } = numbersOf(hit.values[field!] ?? []);
      return { keys: numbers.length > 0 ? [name()] : [], numbers, cut, notNumbers };
    },
    figure: (hits) => figure(kind, percentile, hits.values()),
    by: 'hits of keys',
    isValue: true,
  });

const KINDS = {
  event_count: () => ({ read: (_, name) => ({ keys: [name()] }), figure: size, by: 'hits', isValue: false }),
  value_count: ({ conditionFields }) => ({
    read: ({ values }) => tuplesOf(values, conditionFields),
    figure: size,
    by: 'keys',
    isValue: true,
  }),
  temporal: () => ({ read: ({ input }) => ({ keys: [input] }), figure: size, by: 'keys', isValue: false }),
  temporal_ordered: ({ inputs }) => ({
    read: ({ input, at }) => ({ keys: [`${at} ${input}`] }),
    figure: (hits) => (inputsInOrder(inputs, hits.values()) ? inputs.length : 0),
    by: 'hits of keys',
    isValue: false,
  }),
  value_sum: numeric('value_sum'),
  value_avg: numeric('value_avg'),
  value_percentile: numeric('value_percentile'),
  value_median: numeric('value_median'),
} as const satisfies Record<CountedKind, (rule: Rule) => Kind>;

/** What a rule counts, and when that is enough: the one place where the rule's kind matters. */
export class Counting {
  readonly #rule: Rule;
  readonly #kind: Kind;
  readonly #condition: readonly Bound[];
  /** How many hits without an identity it has had: each of them has a name of its own. */
  unnamed = 0;
  /** Inputs with cells of their own, so that a flood of one does not push out hits of another. */
  readonly lanes: readonly string[];
  /** Keys that a cell is sure to hold at either end. For conditions that only grow: no others are counted in cells. */
  readonly kept: number;
  /** Whether leaving out keys in the middle can change an answer. */
  readonly lossy: boolean;
  /** From this number of distinct keys on, more of them do not change whether the condition holds. */
  readonly settled: number;

  /** Throws for a rule of kind match: a bug, not an input. */
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
      this.#kind.by === 'hits of keys' || seen !== undefined
        ? Number.POSITIVE_INFINITY
        : Math.max(...this.#condition.map(({ value }) => value)) + 1;
  }

  /** Whether the figure is the number of hits, so that nothing else of them must be remembered. */
  get countsHits(): boolean {
    return this.#kind.by === 'hits';
  }

  lane(input: string): number {
    return this.lossy ? Math.max(0, this.lanes.indexOf(input)) : 0;
  }

  /** `counters`: where what is left out is counted. */
  read(hit: Hit, counters?: Counters): CountedHit {
    const name = () => hit.identity ?? `#${this.unnamed++}`;
    const { keys, numbers = NO_NUMBERS, cut = 0, notNumbers = 0 } = this.#kind.read(hit, name);
    if (counters) {
      const { id } = this.#rule;
      if (keys.length === 0) counters.add('hits_without_value', 1, id);
      if (cut > 0) counters.add('hit_values_cut', cut, id);
      if (notNumbers > 0) counters.add('values_not_numbers', notNumbers, id);
    }
    const { at, identity, input, values } = hit;
    return { keys, held: { at, identity, input, values, numbers } };
  }

  holds(hits: HitsByKey): boolean {
    const { seen } = this.#rule;
    if (seen !== undefined && !holds(seen, hits)) return false;
    const figure = this.#kind.figure(hits);
    return figure !== undefined && meets(figure, this.#condition);
  }

  /** How far hits are on the way to what the condition asks for. */
  progress(hits: HitsByKey): CountingProgress {
    const { kind, inputs, seen } = this.#rule;
    if (kind === 'temporal_ordered')
      return {
        count: new Set(Array.from(hits.values(), ({ input }) => input)).size,
        of: seen === undefined ? inputs.length : undefined,
      };
    const count = this.#kind.figure(hits) ?? 0;
    if (seen !== undefined) return { count, of: undefined };
    if (this.#kind.by !== 'hits of keys') return { count, of: leastCount(this.#condition) };
    return { count, of: this.#condition.find(({ op }) => op === 'gt' || op === 'gte')?.value };
  }

  /** A detection's value: the number of distinct values, or the sum, average, percentile or median. */
  value(hits: HitsByKey): number | undefined {
    return this.#kind.isValue ? this.#kind.figure(hits) : undefined;
  }
}

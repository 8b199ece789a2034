import { digest } from '../lib/digest.ts';
import type { Detection, Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import type { Context, Fire, RuleWindows } from './rule-windows.ts';

const MARK_COST = 200;

/** A rule that fires for each hit by itself. It remembers which it fired for, so that a repeat is nothing. */
export class MatchWindows implements RuleWindows {
  readonly rule: Rule;
  readonly #context: Context;
  /** Identity to the time until which it is remembered; the least recent first. */
  readonly #fired = new Map<string, number>();
  /** Hits without an identity so far. */
  #unnamed = 0;

  constructor(rule: Rule, context: Context) {
    this.rule = rule;
    this.#context = context;
  }

  get bytes(): number {
    return this.#fired.size * MARK_COST;
  }

  get groups(): number {
    return this.#fired.size;
  }

  get next(): undefined {
    return undefined;
  }

  add(hit: Hit, _room: number, fire: Fire): void {
    const { lateness } = this.rule.window;
    if (hit.arrived - hit.at > lateness) this.#context.counters.add('hits_late', 1, this.rule.id);
    if (hit.identity !== null) {
      const known = this.#fired.delete(hit.identity);
      if (!known && this.#fired.size >= this.#context.limits.groups) {
        this.#context.counters.add('repeats_forgotten', 1, this.rule.id);
        this.giveWay();
      }
      this.#fired.set(hit.identity, hit.arrived + lateness);
      if (known) return;
    }
    fire({ ...this.#detection(hit), id: this.#id(hit, this.#unnamed) });
    if (hit.identity === null) this.#unnamed++;
  }

  preview(hits: readonly Hit[]): readonly (string | undefined)[] {
    let unnamed = this.#unnamed;
    return hits.map((hit) =>
      hit.identity !== null && this.#fired.has(hit.identity)
        ? undefined
        : this.#id(hit, hit.identity === null ? unnamed++ : 0),
    );
  }

  closeOne(): false {
    return false;
  }

  expire(now: Micros): void {
    for (const [identity, until] of this.#fired) {
      if (until >= now) return;
      this.#fired.delete(identity);
    }
  }

  giveWay(): boolean {
    for (const identity of this.#fired.keys()) {
      this.#fired.delete(identity);
      return true;
    }
    return false;
  }

  /** Every arrival of a hit without an identity is one of its own, so each has an id of its own. */
  #id({ identity, at, arrived }: Hit, unnamed: number): string {
    return digest(identity === null ? [this.rule.id, at, arrived, unnamed] : [this.rule.id, identity]);
  }

  #detection(hit: Hit): Omit<Detection, 'id'> {
    return {
      rule: this.rule.id,
      kind: 'risk',
      at: hit.at,
      group: {},
      overflow: false,
      count: 1,
      exact: true,
      window: [hit.at, hit.at],
      seen: [hit.at, hit.at],
      values: hit.values,
      truncated: [],
      cut: false,
    };
  }
}

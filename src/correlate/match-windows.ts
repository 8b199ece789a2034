import { digest } from '../lib/hash.ts';
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
      if (!known && this.#fired.size >= this.#context.limits.groups) this.giveWay();
      this.#fired.set(hit.identity, hit.arrived + lateness);
      if (known) return;
    }
    fire({ ...this.#detection(hit), id: this.#id(hit) });
  }

  preview(hits: readonly Hit[]): readonly (string | undefined)[] {
    return hits.map((hit) =>
      hit.identity !== null && this.#fired.has(hit.identity) ? undefined : this.#id(hit),
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

  #id(hit: Hit): string {
    return digest(
      hit.identity === null ? [this.rule.id, hit.at, hit.arrived, hit.record] : [this.rule.id, hit.identity],
    );
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

import { digest } from '../lib/digest.ts';
import type { Detection, Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { type Context, countIfLate, type Fire, type RuleWindows } from './rule-windows.ts';
import type { SavedHead, SavedRepeat, SaveTo } from './saved.ts';

const MARK_COST = 200;

/** Fires for each hit by itself. It remembers the identities for which it fired, so that a repeat is nothing. */
export class MatchWindows implements RuleWindows {
  readonly rule: Rule;
  readonly #context: Context;
  /** By identity, until when it is remembered; the least recent first. */
  readonly #fired = new Map<string, number>();
  /** How many hits without an identity it has had. */
  #unnamed = 0;
  /** The snapshot that is being made. */
  #saving: { readonly to: SaveTo; readonly rest: Iterator<[string, number]> } | undefined;

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
    countIfLate(this.rule, hit, this.#context);
    if (hit.identity !== null && this.#isRepeat(hit.identity, hit.arrived)) return;
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

  resume(from: Micros, now: Micros): void {
    for (const [identity, until] of this.#fired) this.#fired.set(identity, until + now - from);
  }

  /** A repeat that is remembered after this began may be saved too: to meet it again changes nothing. */
  beginSaving(to: SaveTo): SavedHead {
    this.#saving = { to, rest: this.#fired.entries() };
    return { unnamed: this.#unnamed };
  }

  saveSome(most: number): boolean {
    for (let i = 0; i < most && this.#saving; i++) {
      const { done, value } = this.#saving.rest.next();
      if (done) this.#saving = undefined;
      else this.#saving.to.repeat({ identity: value[0], until: value[1] });
    }
    return this.#saving !== undefined;
  }

  restoreHead({ unnamed }: SavedHead): void {
    this.#unnamed = unnamed;
  }

  restoreGroup(): never {
    throw new Error(`${this.rule.id} has no groups`);
  }

  restoreRepeat({ identity, until }: SavedRepeat): void {
    this.#fired.set(identity, until);
  }

  restored(): void {}

  closeEarly(): boolean {
    return this.giveWay();
  }

  giveWay(): boolean {
    for (const identity of this.#fired.keys()) {
      this.#fired.delete(identity);
      return true;
    }
    return false;
  }

  /** Remembers the identity from its last arrival on. */
  #isRepeat(identity: string, arrived: Micros): boolean {
    const { limits, counters } = this.#context;
    const known = this.#fired.delete(identity);
    if (!known && this.#fired.size >= limits.groups) {
      counters.add('repeats_forgotten', 1, this.rule.id);
      this.giveWay();
    }
    this.#fired.set(identity, arrived + this.rule.window.lateness);
    return known;
  }

  /** Every arrival of a hit without an identity counts, so each has an id of its own. */
  #id({ identity, at, arrived }: Hit, unnamed: number): string {
    return digest(identity === null ? [this.rule.id, at, arrived, unnamed] : [this.rule.id, identity]);
  }

  #detection(hit: Hit): Omit<Detection, 'id'> {
    return {
      rule: this.rule.id,
      kind: 'risk',
      at: hit.at,
      group: {},
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

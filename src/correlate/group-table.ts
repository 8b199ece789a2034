import type { Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import { type Paid, Payers } from './payers.ts';
import type { Context, Fire } from './rule-windows.ts';

export interface HeldGroup extends Paid {
  readonly values: Hit['group'];
  /** What it holds now. */
  readonly bytes: number;
  /** The table's: what it has counted of these bytes. */
  counted: number;
}

/** How a rule's windows make groups and close them. */
export interface GroupKind<G extends HeldGroup> {
  make(key: string, first: Hit): G;
  /** Sends what the group owes, marked cut: it has left the table. */
  cut(group: G, fire: Fire): void;
}

/** The groups of one rule in order of their last hit, within a bound, by who pays for them, and what they hold in bytes. */
export class GroupTable<G extends HeldGroup> {
  readonly #rule: Rule;
  readonly #context: Context;
  readonly #how: GroupKind<G>;
  readonly #groups = new Map<string, G>();
  readonly #payers = new Payers<G>();
  bytes = 0;

  constructor(rule: Rule, context: Context, how: GroupKind<G>) {
    this.#rule = rule;
    this.#context = context;
    this.#how = how;
  }

  get size(): number {
    return this.#groups.size;
  }

  /** The hit's group, made if need be; from now on the most recently hit one. Where the table is full, one gives way. */
  of(hit: Hit, fire: Fire): G {
    const { limits, counters } = this.#context;
    const key = JSON.stringify(hit.group);
    const known = this.#groups.get(key);
    const group = known ?? this.#how.make(key, hit);
    if (known) {
      this.#groups.delete(key);
      this.#payers.touch(group);
    } else this.#payers.add(group);
    this.#groups.set(key, group);
    if (this.#groups.size > limits.groups) {
      counters.add('groups_evicted', 1, this.#rule.id);
      this.giveWay(fire);
    }
    return group;
  }

  /** To be called when what a group holds has changed. */
  recount(group: G): void {
    const { bytes } = group;
    this.bytes += bytes - group.counted;
    group.counted = bytes;
  }

  peek(key: string): G | undefined {
    return this.#groups.get(key);
  }

  forget(group: G): void {
    this.#groups.delete(group.key);
    this.#payers.delete(group);
    this.bytes -= group.counted;
  }

  /** Forgets idle groups, the least recently hit first, up to the first that is not. */
  expire(idle: (group: G) => boolean): void {
    for (const group of this.#groups.values()) {
      if (!idle(group)) return;
      this.forget(group);
    }
  }

  /**
   * Closes early the least recently hit group of a payer that has most, of all groups where none has more than one; false
   * where there is none.
   */
  giveWay(fire: Fire): boolean {
    for (const quietest of this.#groups.values()) {
      const group = this.#payers.first ?? quietest;
      this.forget(group);
      this.#how.cut(group, fire);
      return true;
    }
    return false;
  }
}

import type { Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Context, Fire } from './rule-windows.ts';

export interface Group {
  readonly key: string;
  readonly values: Hit['group'];
  /** What it holds now. */
  readonly bytes: number;
  /** The table's: what it has counted of these bytes. */
  counted: number;
}

/** How a rule's windows make groups and close them. */
export interface Groups<G extends Group> {
  make(key: string, values: Hit['group']): G;
  /** Sends what the group owes, marked cut: it has left the table. */
  cut(group: G, fire: Fire): void;
}

/** The groups of one rule in order of their last hit, within a bound, and what they hold in bytes. */
export class GroupTable<G extends Group> {
  readonly #rule: Rule;
  readonly #context: Context;
  readonly #how: Groups<G>;
  readonly #groups = new Map<string, G>();
  bytes = 0;

  constructor(rule: Rule, context: Context, how: Groups<G>) {
    this.#rule = rule;
    this.#context = context;
    this.#how = how;
  }

  get size(): number {
    return this.#groups.size;
  }

  /** The hit's group, made if need be; from now on the most recently hit one. A full table closes the least recent. */
  of(hit: Hit, fire: Fire): G {
    const { limits, counters } = this.#context;
    const key = JSON.stringify(hit.group);
    let group = this.#groups.get(key);
    if (group) this.#groups.delete(key);
    else {
      if (this.#groups.size >= limits.groups) {
        counters.add('groups_evicted', 1, this.#rule.id);
        this.giveWay(fire);
      }
      group = this.#how.make(key, hit.group);
    }
    this.#groups.set(key, group);
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

  has(group: G): boolean {
    return this.#groups.get(group.key) === group;
  }

  forget(group: G): void {
    this.#groups.delete(group.key);
    this.bytes -= group.counted;
  }

  /** Forgets idle groups, the least recently hit first, up to the first that is not. */
  expire(idle: (group: G) => boolean): void {
    for (const group of this.#groups.values()) {
      if (!idle(group)) return;
      this.forget(group);
    }
  }

  /** Closes the least recently hit group early; false where there is none. */
  giveWay(fire: Fire): boolean {
    for (const group of this.#groups.values()) {
      this.forget(group);
      this.#how.cut(group, fire);
      return true;
    }
    return false;
  }
}

import type { Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import { type Paid, Payers } from './payers.ts';
import type { Context, Fire } from './rule-windows.ts';

/** What a rule's windows hold of one group. */
export abstract class HeldGroup implements Paid {
  /** Its values as JSON. */
  readonly key: string;
  payer: string;
  /** What it holds now. */
  abstract readonly bytes: number;
  /** The table's: `bytes` when they were last measured. */
  measured = 0;
  /** The table's: a higher one was hit later. */
  recency = 0;
  /** The table's: the last snapshot that has it, or that began before it was made. */
  saved = 0;

  constructor(key: string, { payer }: Pick<Hit, 'payer'>) {
    this.key = key;
    this.payer = payer;
  }

  get values(): Hit['group'] {
    return JSON.parse(this.key);
  }

  /** Gives back what it shares with other groups. To be called once, when nothing is asked of it any more. */
  release(): void {}
}

/** How a rule's windows make groups and close them. */
interface GroupKind<G extends HeldGroup> {
  make(key: string, first: Pick<Hit, 'group' | 'payer'>): G;
  /** Fires what the group owes, marked cut: it has left the table. */
  cut(group: G, fire: Fire): void;
}

/** The groups of one rule in order of their last hit, within a bound, by payer, and what they hold in bytes. */
export class GroupTable<G extends HeldGroup> {
  readonly #rule: Rule;
  readonly #context: Context;
  readonly #kind: GroupKind<G>;
  readonly #groups = new Map<string, G>();
  readonly #payers = new Payers<G>();
  #recency = 0;
  /** Snapshots that have begun. */
  #snapshots = 0;
  /** The snapshot that is being made. */
  #saving: { readonly save: (group: G) => void; readonly rest: Iterator<G> } | undefined;
  bytes = 0;

  constructor(rule: Rule, context: Context, kind: GroupKind<G>) {
    this.#rule = rule;
    this.#context = context;
    this.#kind = kind;
  }

  get size(): number {
    return this.#groups.size;
  }

  /** The hit's group, made where there is none; from now on the most recently hit one. Where the table is full, one gives way. */
  of(hit: Hit, fire: Fire): G {
    const { limits, counters } = this.#context;
    const key = JSON.stringify(hit.group);
    const known = this.#groups.get(key);
    const group = known ?? this.#kind.make(key, hit);
    if (known) {
      this.changes(known);
      this.#groups.delete(key);
      this.#payers.touch(group);
      this.#groups.set(key, group);
      group.recency = ++this.#recency;
    } else this.#hold(group);
    if (this.#groups.size > limits.groups) {
      counters.add('groups_evicted', 1, this.#rule.id);
      this.giveWay(fire);
    }
    return group;
  }

  /** To be called when what a group holds has changed. */
  measure(group: G): void {
    const { bytes } = group;
    this.bytes += bytes - group.measured;
    group.measured = bytes;
  }

  peek(values: Hit['group']): G | undefined {
    return this.#groups.get(JSON.stringify(values));
  }

  forget(group: G): void {
    this.changes(group);
    this.#groups.delete(group.key);
    this.#payers.delete(group);
    this.bytes -= group.measured;
  }

  all(): Iterable<G> {
    return this.#groups.values();
  }

  /** Groups of a snapshot, the least recently hit first, each with what it holds. */
  restore(group: G, recency: number): void {
    this.#hold(group);
    group.recency = recency;
    this.measure(group);
  }

  /** After the last group of a snapshot, which gives them in no order: the least recently hit is the first again. */
  restored(): void {
    const inOrder = [...this.#groups.values()].sort((a, b) => a.recency - b.recency);
    for (const group of inOrder) {
      this.#groups.delete(group.key);
      this.#payers.delete(group);
      this.#hold(group);
    }
  }

  /** A snapshot of all groups as they are now begins: `save` gets each of them once, before it changes. */
  beginSaving(save: (group: G) => void): void {
    this.#snapshots++;
    this.#saving = { save, rest: this.#groups.values() };
  }

  /** Looks at up to `most` groups; false when all are saved. */
  saveSome(most: number): boolean {
    for (let i = 0; i < most && this.#saving; i++) {
      const { done, value } = this.#saving.rest.next();
      if (done) this.#saving = undefined;
      else this.changes(value);
    }
    return this.#saving !== undefined;
  }

  /** To be called before a group changes. */
  changes(group: G): void {
    if (this.#saving === undefined || group.saved === this.#snapshots) return;
    group.saved = this.#snapshots;
    this.#saving.save(group);
  }

  /** Forgets idle groups, the least recently hit first, up to the first that is not idle. */
  expire(idle: (group: G) => boolean): void {
    for (const group of this.#groups.values()) {
      if (!idle(group)) return;
      this.forget(group);
      group.release();
    }
  }

  /**
   * Closes one group early: the least recently hit one of the payer that has most, or of all where no payer has more than
   * one. False where there is no group.
   */
  giveWay(fire: Fire): boolean {
    for (const leastRecent of this.#groups.values()) {
      const group = this.#payers.first ?? leastRecent;
      this.forget(group);
      this.#kind.cut(group, fire);
      group.release();
      return true;
    }
    return false;
  }

  #hold(group: G): void {
    this.#groups.set(group.key, group);
    this.#payers.add(group);
    group.recency = ++this.#recency;
    group.saved = this.#snapshots;
  }
}

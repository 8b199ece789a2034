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

  /** Set where it stands for groups that had to make room: those of its payer, or all. */
  get overflow(): 'network' | 'all' | undefined {
    return undefined;
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
  /** undefined where groups are closed early. */
  readonly folding: Folding<G> | undefined;
}

/** Groups of a rule that are noted as those that were hit last. */
export const LATEST_MAX = 16;

/** So many groups are needed for an overflow group: it takes up the room of one of the two that it stands for, and one stays. */
const FOLDED_LEAST = 3;

/** How groups that have to make room go on in one group that stands for them. */
export interface Folding<G extends HeldGroup> {
  /** `network`: the payer of the groups; undefined for one that stands for all. */
  make(network: string | undefined): G;
  /** Fires what the group owes, marked cut, and what fires of its hits with those of others: it has left the table. */
  fold(group: G, into: G, fire: Fire): void;
}

/** The key of the overflow group of a network, or of all. It is never the key of a group, which is a JSON array. */
export function overflowKey(network: string | undefined): string {
  return network === undefined ? 'all' : `network ${network}`;
}

/** The groups of one rule in order of their last hit, within a bound, by payer, and what they hold in bytes. */
export class GroupTable<G extends HeldGroup> {
  readonly #rule: Rule;
  readonly #context: Context;
  readonly #kind: GroupKind<G>;
  readonly #groups = new Map<string, G>();
  readonly #payers = new Payers<G>();
  #recency = 0;
  /** The groups that were hit last, the latest last; only while somebody watches them. */
  #latest: Set<G> | undefined;
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

  /** The hit's group, made where there is none; from now on the most recently hit one. `keepBound` must follow. */
  of(hit: Hit): G {
    const key = JSON.stringify(hit.group);
    const known = this.#groups.get(key);
    const group = known ?? this.#kind.make(key, hit);
    if (known) {
      this.changes(known);
      this.#touch(known);
    } else this.#hold(group);
    return group;
  }

  /** Where there are too many groups, some give way. */
  keepBound(fire: Fire): void {
    const { limits, counters } = this.#context;
    while (this.#groups.size > limits.groups)
      counters.add('groups_evicted', this.giveWay(fire), this.#rule.id);
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
    this.#latest?.delete(group);
    this.#groups.delete(group.key);
    this.#payers.delete(group);
    this.bytes -= group.measured;
  }

  all(): Iterable<G> {
    return this.#groups.values();
  }

  /**
   * Up to LATEST_MAX groups that were hit last, the latest first. From the first call on they are noted at each hit, until
   * `unwatch`.
   */
  get latest(): readonly G[] {
    if (this.#latest === undefined) {
      this.#latest = new Set();
      let before = this.#groups.size - LATEST_MAX;
      for (const group of this.#groups.values()) if (before-- <= 0) this.#latest.add(group);
    }
    return [...this.#latest].reverse();
  }

  unwatch(): void {
    this.#latest = undefined;
  }

  /** Groups of a snapshot, the least recently hit first, each with what it holds. */
  restore(group: G, recency: number): void {
    this.#hold(group);
    group.recency = recency;
    this.measure(group);
  }

  /** See Payers. */
  get payerOrder(): readonly string[] {
    return this.#payers.order;
  }

  /** After the last group of a snapshot, which gives them in no order: the least recently hit is the first again. */
  restored(payerOrder: readonly string[]): void {
    const inOrder = [...this.#groups.values()].sort((a, b) => a.recency - b.recency);
    for (const group of inOrder) {
      this.#groups.delete(group.key);
      this.#payers.delete(group);
      this.#hold(group);
    }
    this.#payers.restoreOrder(payerOrder);
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
   * Folds one group, or closes it early where groups of this kind are not folded: the least recently hit one of the payer that
   * has most, or of all where no payer has more than one. Returns how many gave way: two where an overflow group takes the
   * room of the first.
   */
  giveWay(fire: Fire): number {
    const { folding } = this.#kind;
    const first = this.#first;
    if (!folding || !first) return this.#close(first, fire);
    const network = this.#hasOwnOverflow(first.payer) ? first.payer : undefined;
    const known = this.#groups.get(overflowKey(network));
    // Two that were hit before the last one, or the last one would not stay.
    if (!known && this.#groups.size < FOLDED_LEAST) return this.#close(first, fire);
    const into = known ?? folding.make(network);
    if (!known) this.#hold(into);
    this.#fold(first, into, folding, fire);
    if (known) return 1;
    this.#fold((network === undefined ? this.#first : this.#payers.firstOf(network))!, into, folding, fire);
    return 2;
  }

  /** The group that gives way next; undefined where there is none but the overflow group of all. */
  get #first(): G | undefined {
    return this.#payers.first ?? this.#leastRecent;
  }

  /** A payer of few groups has no overflow group of its own: that would take up as much room as it leaves. */
  #hasOwnOverflow(payer: string): boolean {
    return this.#groups.has(overflowKey(payer)) || this.#payers.groupsOf(payer) >= FOLDED_LEAST;
  }

  /** Closes one group early, chosen as for `giveWay`; false where there is none. */
  closeEarly(fire: Fire): boolean {
    return this.#close(this.#first, fire) > 0;
  }

  /** Of all groups; undefined where there is none but the overflow group of all. */
  get #leastRecent(): G | undefined {
    for (const group of this.#groups.values()) if (group.overflow !== 'all') return group;
    return undefined;
  }

  #close(chosen: G | undefined, fire: Fire): number {
    const group = chosen ?? this.#groups.get(overflowKey(undefined));
    if (!group) return 0;
    this.forget(group);
    this.#kind.cut(group, fire);
    group.release();
    return 1;
  }

  #fold(group: G, into: G, folding: Folding<G>, fire: Fire): void {
    this.forget(group);
    this.changes(into);
    folding.fold(group, into, fire);
    group.release();
    this.measure(into);
    this.#touch(into);
    this.#context.counters.add('groups_folded', 1, this.#rule.id);
  }

  /** From now on the most recently hit one. */
  #touch(group: G): void {
    this.#groups.delete(group.key);
    this.#groups.set(group.key, group);
    this.#payers.touch(group);
    group.recency = ++this.#recency;
    if (this.#latest) this.#noteLatest(this.#latest, group);
  }

  #noteLatest(latest: Set<G>, group: G): void {
    latest.delete(group);
    latest.add(group);
    if (latest.size <= LATEST_MAX) return;
    const [oldest] = latest;
    latest.delete(oldest!);
  }

  #hold(group: G): void {
    this.#groups.set(group.key, group);
    if (group.overflow !== 'all') this.#payers.add(group);
    group.recency = ++this.#recency;
    group.saved = this.#snapshots;
    if (this.#latest) this.#noteLatest(this.#latest, group);
  }
}

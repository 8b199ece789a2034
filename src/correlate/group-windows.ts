import type { Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { DueQueue, type Waiting } from './due-queue.ts';
import { type Folding, GroupTable, type HeldGroup } from './group-table.ts';
import { type Context, type Fire, namedGroup, type RuleWindows } from './rule-windows.ts';
import type { SavedGroup, SavedHead, SavedState, SaveTo } from './saved.ts';
import type { WarmGroup, Warmth } from './warm-groups.ts';

/** Of groups of one rule; never 0 for two of them. */
export function byKey(a: HeldGroup, b: HeldGroup): number {
  if (a.key === b.key) return 0;
  return a.key < b.key ? -1 : 1;
}

/** What all windows with groups share: a table of their groups, and a queue of what is due, which is of type D. */
export abstract class GroupWindows<G extends HeldGroup, D extends Waiting> implements RuleWindows {
  readonly rule: Rule;
  protected readonly context: Context;
  protected readonly table: GroupTable<G>;
  /** Of a snapshot that is being taken over. */
  #payerOrder: readonly string[] = [];
  protected readonly due = new DueQueue<D>((a, b) => this.order(a, b));

  constructor(rule: Rule, context: Context) {
    this.rule = rule;
    this.context = context;
    this.table = new GroupTable(rule, context, {
      make: (key, first) => this.make(key, first),
      cut: (group, fire) => this.cut(group, fire),
      folding: this.folding,
    });
  }

  get bytes(): number {
    return this.table.bytes;
  }

  get groups(): number {
    return this.table.size;
  }

  get next(): Micros | undefined {
    return this.due.next;
  }

  giveWay(fire: Fire): boolean {
    return this.table.giveWay(fire) > 0;
  }

  closeEarly(fire: Fire): boolean {
    return this.table.closeEarly(fire);
  }

  /** For windows that fire when they are due, and never at a hit. */
  preview(hits: readonly Hit[]): readonly (string | undefined)[] {
    return hits.map(() => undefined);
  }

  warming(most: number): readonly WarmGroup[] {
    return this.table.latest.slice(0, most).flatMap((group) => {
      const found = group.overflow === undefined ? this.warmth(group) : undefined;
      return found ? [{ rule: this.rule, group: namedGroup(this.rule, group.values), ...found }] : [];
    });
  }

  unwatch(): void {
    this.table.unwatch();
  }

  /** For windows whose groups are forgotten when they close. */
  expire(_now: Micros): void {}

  resume(_from: Micros, now: Micros): void {
    for (const item of this.due.takeBefore((now + this.rule.window.lateness) as Micros))
      this.postpone(item, now);
  }

  beginSaving(to: SaveTo): SavedHead {
    this.table.beginSaving((group) => {
      const { values, payer, overflow, recency } = group;
      to.group({ group: values, payer, ...(overflow && { overflow }), recency, state: this.save(group) });
    });
    return { unnamed: 0, payers: this.table.payerOrder };
  }

  saveSome(most: number): boolean {
    return this.table.saveSome(most);
  }

  restoreHead({ payers = [] }: SavedHead): void {
    this.#payerOrder = payers;
  }

  restoreGroup({ group, payer, overflow, recency, state }: SavedGroup): void {
    const made = overflow
      ? this.#makeOverflow(overflow === 'all' ? undefined : payer)
      : this.make(JSON.stringify(group), { group, payer });
    this.load(made, state);
    this.table.restore(made, recency);
  }

  restoreRepeat(): never {
    throw new Error(`${this.rule.id} remembers no repeats`);
  }

  restored(): void {
    this.table.restored(this.#payerOrder);
    this.#payerOrder = [];
  }

  /** undefined for windows whose groups are closed early where they have to make room. */
  protected get folding(): Folding<G> | undefined {
    return undefined;
  }

  #makeOverflow(network: string | undefined): G {
    if (!this.folding) throw new Error(`${this.rule.id} folds no groups`);
    return this.folding.make(network);
  }

  /** undefined for windows that count nothing, and for a group that holds nothing any more. */
  protected warmth(_group: G): Warmth | undefined {
    return undefined;
  }

  abstract add(hit: Hit, room: number, fire: Fire): void;
  abstract closeOne(now: Micros, fire: Fire): boolean;

  /** Of items that are due in one second; those of one group differ in their bucket. */
  protected abstract order(a: D, b: D): number;
  protected abstract make(key: string, first: Pick<Hit, 'group' | 'payer'>): G;
  protected abstract save(group: G): SavedState;
  /** Fills a group that was just made with what it held, and puts it into the queue. */
  protected abstract load(group: G, saved: SavedState): void;
  /** Puts an item that was taken out of the queue into it again, so that it is due one lateness after `now`. */
  protected abstract postpone(item: D, now: Micros): void;
  /** Fires what the group owes, marked cut, and removes it from the queue: it has left the table. */
  protected abstract cut(group: G, fire: Fire): void;
}

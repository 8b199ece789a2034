import type { Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { DueQueue } from './due-queue.ts';
import { GroupTable, type HeldGroup } from './group-table.ts';
import type { Context, Fire, RuleWindows } from './rule-windows.ts';

/** What all windows with groups share: a table of their groups, and a queue of what is due, which is of type D. */
export abstract class GroupWindows<G extends HeldGroup, D> implements RuleWindows {
  readonly rule: Rule;
  protected readonly context: Context;
  protected readonly table: GroupTable<G>;
  protected readonly due = new DueQueue<D>();

  constructor(rule: Rule, context: Context) {
    this.rule = rule;
    this.context = context;
    this.table = new GroupTable(rule, context, {
      make: (key, first) => this.make(key, first),
      cut: (group, fire) => this.cut(group, fire),
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
    return this.table.giveWay(fire);
  }

  /** For windows that fire when they are due, and never at a hit. */
  preview(hits: readonly Hit[]): readonly (string | undefined)[] {
    return hits.map(() => undefined);
  }

  /** For windows whose groups are forgotten when they close. */
  expire(_now: Micros): void {}

  abstract add(hit: Hit, room: number, fire: Fire): void;
  abstract closeOne(now: Micros, fire: Fire): boolean;

  protected abstract make(key: string, first: Hit): G;
  /** Fires what the group owes, marked cut, and removes it from the queue: it has left the table. */
  protected abstract cut(group: G, fire: Fire): void;
}

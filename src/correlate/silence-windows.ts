import { FACTS, type Hit, type Values } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Micros } from '../model/time.ts';
import { cost } from './collected-values.ts';
import { DueQueue } from './due-queue.ts';
import { GroupTable, type HeldGroup } from './group-table.ts';
import { type Context, detectionId, detectionOf, type Fire, type RuleWindows } from './rule-windows.ts';

const GROUP_COST = 850;

/** A group and its last hit: the latest to arrive, for silence is a matter of the clock. */
class Heard implements HeldGroup {
  readonly key: string;
  readonly values: Hit['group'];
  readonly payer: string;
  counted = 0;
  last: Hit | undefined;
  /** The hit whose silence it waits for. */
  awaited: Hit | undefined;

  constructor(key: string, { group, payer }: Hit) {
    this.key = key;
    this.values = group;
    this.payer = payer;
  }

  get bytes(): number {
    return GROUP_COST + this.key.length + (this.last ? cost(this.last.values) : 0);
  }
}

/** A group that was heard so short a part of the timespan ago need not be heard again: nearly every event would be one. */
const HEARD = 1 / 16;

/**
 * Fires once for each group that has had a hit and then none for the timespan and at most a sixteenth more; when it is
 * heard again it begins anew. The end of a recording, a stop, and room for others are no silence.
 */
export class SilenceWindows implements RuleWindows {
  readonly rule: Rule;
  readonly #groups: GroupTable<Heard>;
  readonly #due = new DueQueue<Heard>();

  constructor(rule: Rule, context: Context) {
    this.rule = rule;
    this.#groups = new GroupTable(rule, context, {
      make: (key, first) => new Heard(key, first),
      cut: (group) => this.#due.remove(group),
    });
  }

  get bytes(): number {
    return this.#groups.bytes;
  }

  get groups(): number {
    return this.#groups.size;
  }

  get next(): Micros | undefined {
    return this.#due.next;
  }

  add(hit: Hit, _room: number, fire: Fire): void {
    const group = this.#groups.of(hit, fire);
    const { last } = group;
    if (last === undefined || hit.arrived > last.arrived) {
      group.last = hit;
      this.#groups.recount(group);
      // Each group waits in one place: where that is too early, it is put off when its time comes.
      if (last === undefined) this.#wait(group, hit);
    }
  }

  /** By the later of a hit's time and arrival: live it is the clock, and in a recording, which is read ahead, its time. */
  idle(values: Hit['group'], at: Micros, arrived: Micros): boolean {
    const last = this.#groups.peek(JSON.stringify(values))?.last;
    if (last === undefined) return false;
    const since = Math.max(at, arrived) - Math.max(last.at, last.arrived);
    return since >= 0 && since < this.rule.timespan * HEARD;
  }

  /** Nothing fires at a hit. */
  preview(hits: readonly Hit[]): readonly undefined[] {
    return hits.map(() => undefined);
  }

  closeOne(now: Micros, fire: Fire): boolean {
    for (;;) {
      const group = this.#due.take(now);
      if (!group) return false;
      const last = group.last!;
      if (last !== group.awaited) {
        this.#wait(group, last);
        continue;
      }
      this.#groups.forget(group);
      const end = (last.at + this.rule.timespan) as Micros;
      fire({
        id: detectionId(this.rule, group.values, last.at),
        ...detectionOf(
          this.rule,
          group.values,
          {
            at: end,
            count: 0,
            exact: true,
            seen: [last.at, last.at],
            values: ofNobody(last.values),
            truncated: [],
          },
          false,
        ),
        window: [last.at, end],
      });
      return true;
    }
  }

  /** A group is held until it falls silent. */
  expire(): void {}

  end(): void {
    while (this.#groups.giveWay(() => false));
  }

  giveWay(fire: Fire): boolean {
    return this.#groups.giveWay(fire);
  }

  #wait(group: Heard, last: Hit): void {
    group.awaited = last;
    this.#due.add((last.arrived + this.rule.timespan * (1 + HEARD)) as Micros, group);
  }
}

/** Without what every hit tells of its client: whoever was heard last is not who fell silent. */
function ofNobody(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([field]) => !field.startsWith('@') || field === FACTS.cluster),
  );
}

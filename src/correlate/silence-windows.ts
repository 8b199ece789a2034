import { FACTS, type Hit, type Values } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import { cost } from './collected-values.ts';
import { HeldGroup } from './group-table.ts';
import { GroupWindows } from './group-windows.ts';
import { detectionId, detectionOf, type Fire } from './rule-windows.ts';

const GROUP_COST = 850;

/** A group and its last hit: the latest to arrive, because silence is measured by the clock. */
class SilenceGroup extends HeldGroup {
  last: Hit | undefined;
  /** The hit that was the last one when the group began to wait. */
  awaited: Hit | undefined;

  get bytes(): number {
    return GROUP_COST + this.key.length + (this.last ? cost(this.last.values) : 0);
  }
}

/** So short a part of the timespan after a group's last hit, the next one is not needed: nearly every event would be one. */
const IDLE_PART = 1 / 16;

/**
 * Fires once for each group that has had a hit and then none for the timespan and at most a sixteenth more; after that a
 * hit makes the group again. The end of a recording, a stop, and room for others are no silence.
 */
export class SilenceWindows extends GroupWindows<SilenceGroup, SilenceGroup> {
  add(hit: Hit, _room: number, fire: Fire): void {
    const group = this.table.of(hit, fire);
    const { last } = group;
    if (last !== undefined && hit.arrived <= last.arrived) return;
    group.last = hit;
    this.table.measure(group);
    // Each group waits in one place: where that is too early, it is put off when its time comes.
    if (last === undefined) this.#wait(group, hit);
  }

  /** By the later of a hit's time and arrival: live it is the clock, and in a recording, which is read ahead, its time. */
  idle(values: Hit['group'], at: Micros, arrived: Micros): boolean {
    const last = this.table.peek(values)?.last;
    if (last === undefined) return false;
    const since = Math.max(at, arrived) - Math.max(last.at, last.arrived);
    return since >= 0 && since < this.rule.timespan * IDLE_PART;
  }

  closeOne(now: Micros, fire: Fire): boolean {
    for (let group = this.due.take(now); group; group = this.due.take(now)) {
      const last = group.last!;
      if (last === group.awaited) {
        this.table.forget(group);
        this.#fire(group, last, fire);
        return true;
      }
      this.#wait(group, last);
    }
    return false;
  }

  end(): void {
    while (this.giveWay(() => false));
  }

  protected make(key: string, first: Hit): SilenceGroup {
    return new SilenceGroup(key, first);
  }

  protected cut(group: SilenceGroup): void {
    this.due.remove(group);
  }

  #wait(group: SilenceGroup, last: Hit): void {
    group.awaited = last;
    this.due.add((last.arrived + this.rule.timespan * (1 + IDLE_PART)) as Micros, group);
  }

  #fire(group: SilenceGroup, { at, values }: Hit, fire: Fire): void {
    const end = (at + this.rule.timespan) as Micros;
    const figures = {
      at: end,
      count: 0,
      exact: true,
      seen: [at, at] as const,
      values: withoutClient(values),
      truncated: [],
    };
    fire({
      ...detectionOf(this.rule, group.values, figures, false),
      id: detectionId(this.rule, group.values, at),
      window: [at, end],
    });
  }
}

/** Without the facts about a hit's client: the client of the last hit is not what fell silent. */
function withoutClient(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([field]) => !field.startsWith('@') || field === FACTS.cluster),
  );
}

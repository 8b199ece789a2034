import { FACTS, type Hit, type Values } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import { cost } from './collected-values.ts';
import type { Waiting } from './due-queue.ts';
import { HeldGroup } from './group-table.ts';
import { byKey, GroupWindows } from './group-windows.ts';
import { detectionId, detectionOf, type Fire } from './rule-windows.ts';
import type { SavedState } from './saved.ts';

const GROUP_COST = 850;

/** A group and its last hit: the latest to arrive, because silence is measured by the clock. */
class SilenceGroup extends HeldGroup implements Waiting {
  due: number | undefined;
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
    const group = this.table.of(hit);
    const { last } = group;
    if (last !== undefined && hit.arrived <= last.arrived) return;
    group.last = hit;
    this.table.measure(group);
    // Each group waits in one place: where that is too early, it is put off when its time comes.
    if (last === undefined) this.#wait(group, hit);
    this.table.keepBound(fire);
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
      this.table.changes(group);
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
    while (this.closeEarly(() => false));
  }

  /** Nobody can say whether a group was silent while Sidewatch was away: each begins its silence now. */
  override resume(_from: Micros, now: Micros): void {
    for (const group of this.table.all()) {
      group.last = { ...group.last!, arrived: now };
      this.due.remove(group);
      this.#wait(group, group.last);
    }
  }

  protected order(a: SilenceGroup, b: SilenceGroup): number {
    return byKey(a, b);
  }

  protected make(key: string, first: Pick<Hit, 'group' | 'payer'>): SilenceGroup {
    return new SilenceGroup(key, first);
  }

  protected save({ last, awaited }: SilenceGroup): SavedState {
    return { kind: 'silence', last: last!, awaited: awaited!.arrived };
  }

  protected load(group: SilenceGroup, saved: SavedState): void {
    if (saved.kind !== 'silence')
      throw new Error(`${this.rule.id} waits for silence, its snapshot is ${saved.kind}`);
    const { last, awaited } = saved;
    group.last = last;
    this.#wait(group, awaited === last.arrived ? last : { ...last, arrived: awaited as Micros });
  }

  protected postpone(group: SilenceGroup): void {
    this.#wait(group, group.last!);
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

import type { Detection, Hit } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import { chainedHits } from './chained-hits.ts';
import { KnownRequests } from './known-requests.ts';
import type { OwnOutbox } from './own-outbox.ts';
import type { Context, Fire, RuleWindows } from './rule-windows.ts';
import type { Due, WindowSet } from './window-set.ts';

/** One hit, one close or one cut, with all that it fires: one turn of the event loop. */
interface Step {
  readonly set: WindowSet;
  /** When it happens: detections that other rules count arrive then. */
  readonly now: Micros;
  /** Detections of this step that are hits of other rules and have not been taken yet. */
  readonly chained: Hit[];
  readonly fire: Fire;
}

/**
 * All that changes windows, as operations that each name their rules and their time: what windows hold and fire is a
 * function of these operations in their order.
 */
export class WindowSteps {
  readonly #context: Context;
  readonly #outbox: OwnOutbox;
  readonly #requests: KnownRequests;
  #bytes = 0;

  constructor(context: Context, outbox: OwnOutbox) {
    this.#context = context;
    this.#outbox = outbox;
    this.#requests = new KnownRequests(context.counters);
  }

  /** What all windows hold. */
  get bytes(): number {
    return this.#bytes;
  }

  /** For a hit that the set has windows for. */
  record(set: WindowSet, hit: Hit): void {
    const step = this.#begin(set, hit.arrived);
    this.#take(step, hit);
    this.#settle(step);
  }

  /** Closes a window when it is due, or does a part of that. */
  close(set: WindowSet, { at, windows }: Due): void {
    const step = this.#begin(set, at);
    this.#accounted(windows, () => windows.closeOne(at, step.fire));
    this.#settle(step);
  }

  /** Closes one group of a rule early, marked cut; false where there is none. */
  cut(set: WindowSet, windows: RuleWindows, now: Micros): boolean {
    const step = this.#begin(set, now);
    const was = this.#accounted(windows, () => windows.giveWay(step.fire));
    this.#settle(step);
    return was;
  }

  /** Forgets groups, and requests, that nothing can meet any more. */
  expire(set: WindowSet, now: Micros): void {
    for (const windows of set.windows.values()) this.#accounted(windows, () => windows.expire(now));
    this.#requests.expire(now);
  }

  /** See `State.end`. */
  end(set: WindowSet): void {
    for (const windows of set.windows.values()) this.#accounted(windows, () => windows.end?.());
  }

  #begin(set: WindowSet, now: Micros): Step {
    const step: Step = { set, now, chained: [], fire: (detection) => this.#emit(step, detection) };
    return step;
  }

  #take(step: Step, hit: Hit): void {
    const { counters, limits } = this.#context;
    const windows = step.set.windowsFor(hit)!;
    if (this.#requests.isCounted(hit)) {
      counters.add('hits_same_request', 1, hit.rule);
      return;
    }
    counters.add('hits', 1, hit.rule);
    this.#accounted(windows, () => windows.add(hit, limits.bytes - this.#bytes, step.fire));
    this.#makeRoom(step);
  }

  /** Takes what fired as hits of the rules that count it, and what these fire. It ends: no rule counts itself. */
  #settle(step: Step): void {
    for (let hit = step.chained.shift(); hit; hit = step.chained.shift()) this.#take(step, hit);
  }

  #emit({ set, now, chained }: Step, detection: Detection): boolean {
    const rule = set.rule(detection.rule)!;
    const events = set.render(detection);
    if (!rule.silent) this.#outbox.add(events, now);
    // A result filter drops a detection by rendering nothing. A base rule's matches are hits of other rules by themselves.
    if (detection.kind === 'risk' && events.length > 0 && rule.kind !== 'match')
      for (const outer of set.outerOf(rule.id))
        chained.push(...chainedHits(outer, detection, now, this.#context.counters));
    return events.length > 0;
  }

  #makeRoom({ set, fire }: Step): void {
    const { counters, limits } = this.#context;
    while (this.#bytes > limits.bytes) {
      const { largest } = set;
      if (!largest) return;
      counters.add('state_evicted', 1, largest.rule.id);
      this.#accounted(largest, () => largest.giveWay(fire));
    }
  }

  /** Keeps `bytes` true while a rule's windows change: there are too many rules to add them up at each hit. */
  #accounted<T>(windows: RuleWindows, change: () => T): T {
    const before = windows.bytes;
    try {
      return change();
    } finally {
      this.#bytes += windows.bytes - before;
    }
  }
}

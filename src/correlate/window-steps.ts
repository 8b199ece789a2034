import type { Detection, Hit } from '../model/hit.ts';
import type { Micros } from '../model/time.ts';
import { chainedHits } from './chained-hits.ts';
import { type Effects, type Journal, NO_EFFECTS, type Step } from './journal.ts';
import { KnownRequests } from './known-requests.ts';
import type { OwnOutbox } from './own-outbox.ts';
import type { Context, Fire, RuleWindows } from './rule-windows.ts';
import type { Due, WindowSet } from './window-set.ts';

/** A step while it is taken, with all that it fires: one turn of the event loop. */
interface Taken extends Effects {
  readonly set: WindowSet;
  /** When it happens: detections that other rules count arrive then. */
  readonly now: Micros;
  /** Detections of this step that are hits of other rules and have not been taken yet. */
  readonly chained: Hit[];
  readonly fire: Fire;
  /** Detections that it has fired so far. */
  fired: number;
  readonly dropped: number[];
  readonly room: string[];
  /** For a step that was taken before: what it did then. What it fired is in the outbox already. */
  readonly before: Effects | undefined;
}

/**
 * All that changes windows, as steps that each name their rules and their time, and are noted in a journal: what windows
 * hold and fire is a function of the steps in their order.
 */
export class WindowSteps {
  readonly #context: Context;
  readonly #outbox: OwnOutbox;
  readonly #journal: Journal;
  readonly requests: KnownRequests;
  #bytes = 0;

  constructor(context: Context, outbox: OwnOutbox, journal: Journal) {
    this.#context = context;
    this.#outbox = outbox;
    this.#journal = journal;
    this.requests = new KnownRequests(context.counters);
  }

  /** What all windows hold. */
  get bytes(): number {
    return this.#bytes;
  }

  /** For a hit that the set has windows for. */
  record(set: WindowSet, hit: Hit): void {
    const taken = this.#begin(set, hit.arrived);
    this.#record(taken, hit);
    this.#journal.note({ kind: 'hit', hit }, taken);
  }

  /** Closes a window when it is due, or does a part of that. */
  close(set: WindowSet, { at, windows }: Due): void {
    const taken = this.#begin(set, at);
    this.#close(taken, windows);
    this.#journal.note({ kind: 'close', at, rule: windows.rule.id }, taken);
  }

  /** Closes one group of a rule early, marked cut; false where there is none. */
  cut(set: WindowSet, windows: RuleWindows, now: Micros): boolean {
    const taken = this.#begin(set, now);
    const was = this.#cut(taken, windows);
    const { id, fingerprint } = windows.rule;
    if (was) this.#journal.note({ kind: 'cut', at: now, rule: id, fingerprint }, taken);
    return was;
  }

  /** Forgets groups, and requests, that nothing can meet any more. `mark`: it is a step even where nothing is forgotten. */
  expire(set: WindowSet, now: Micros, mark: boolean): void {
    const before = this.#bytes + this.requests.size;
    this.#expire(set, now);
    if (mark || this.#bytes + this.requests.size !== before)
      this.#journal.note({ kind: 'expire', at: now }, NO_EFFECTS);
  }

  resume(set: WindowSet, from: Micros, at: Micros): void {
    this.#resume(set, from, at);
    this.#journal.note({ kind: 'resume', from, at }, NO_EFFECTS);
  }

  /** See `State.end`. Only of a recording, which has no journal. */
  end(set: WindowSet): void {
    for (const windows of set.windows.values()) this.#accounted(windows, () => windows.end?.());
  }

  /**
   * Takes a step of a journal again, except `use`. What it fires is in the outbox already. `windows`: those of the step's rule;
   * undefined for windows that are gone.
   */
  repeat(
    set: WindowSet,
    step: Exclude<Step, { kind: 'use' }>,
    windows: RuleWindows | undefined,
    before: Effects,
  ): void {
    const taken = this.#begin(set, timeOf(step), before);
    if (step.kind === 'expire') this.#expire(set, step.at);
    else if (step.kind === 'resume') this.#resume(set, step.from, step.at);
    else if (windows === undefined) return;
    else if (step.kind === 'hit') this.#record(taken, step.hit);
    else if (step.kind === 'close') this.#close(taken, windows);
    else this.#cut(taken, windows);
  }

  /** For windows that were just restored. */
  restored(windows: RuleWindows): void {
    this.#bytes += windows.bytes;
  }

  /** For windows that are dropped. */
  drop(windows: RuleWindows): void {
    this.#bytes -= windows.bytes;
  }

  #begin(set: WindowSet, now: Micros, before?: Effects): Taken {
    const taken: Taken = {
      set,
      now,
      chained: [],
      fire: (detection) => this.#emit(taken, detection),
      fired: 0,
      dropped: [],
      room: [],
      before,
    };
    return taken;
  }

  #record(taken: Taken, hit: Hit): void {
    this.#take(taken, hit);
    this.#settle(taken);
    for (const rule of taken.before?.room ?? []) this.#giveWay(taken, taken.set.windows.get(rule));
  }

  #close(taken: Taken, windows: RuleWindows): void {
    this.#accounted(windows, () => windows.closeOne(taken.now, taken.fire));
    this.#settle(taken);
  }

  #cut(taken: Taken, windows: RuleWindows): boolean {
    const was = this.#accounted(windows, () => windows.closeEarly(taken.fire));
    this.#settle(taken);
    return was;
  }

  #expire(set: WindowSet, now: Micros): void {
    for (const windows of set.windows.values()) this.#accounted(windows, () => windows.expire(now));
    this.requests.expire(now);
  }

  #resume(set: WindowSet, from: Micros, at: Micros): void {
    for (const windows of set.windows.values()) this.#accounted(windows, () => windows.resume(from, at));
    this.requests.resume(from, at);
  }

  #take(taken: Taken, hit: Hit): void {
    const { counters, limits } = this.#context;
    const windows = taken.set.windowsFor(hit)!;
    if (this.requests.isCounted(hit)) {
      counters.add('hits_same_request', 1, hit.rule);
      return;
    }
    counters.add('hits', 1, hit.rule);
    this.#accounted(windows, () => windows.add(hit, limits.bytes - this.#bytes, taken.fire));
    this.#makeRoom(taken);
  }

  /** Takes what fired as hits of the rules that count it, and what these fire. It ends: no rule counts itself. */
  #settle(taken: Taken): void {
    for (let hit = taken.chained.shift(); hit; hit = taken.chained.shift()) this.#take(taken, hit);
  }

  #emit(taken: Taken, detection: Detection): boolean {
    const { set, now, chained } = taken;
    const rule = set.rule(detection.rule)!;
    const passed = taken.before
      ? !taken.before.dropped.includes(taken.fired)
      : this.#send(taken, detection, rule.silent);
    if (!passed) taken.dropped.push(taken.fired);
    taken.fired++;
    // A base rule's matches are hits of other rules by themselves, and an overflow detection is about no group.
    if (detection.kind === 'risk' && passed && rule.kind !== 'match' && !detection.overflow)
      for (const outer of set.outerOf(rule.id))
        chained.push(...chainedHits(outer, detection, now, this.#context.counters));
    return passed;
  }

  /** A result filter drops a detection by rendering nothing. */
  #send({ set, now }: Taken, detection: Detection, silent: boolean): boolean {
    const events = set.render(detection);
    if (!silent) this.#outbox.add(events, now);
    return events.length > 0;
  }

  #makeRoom(taken: Taken): void {
    const { counters, limits } = this.#context;
    while (taken.before === undefined && this.#bytes > limits.bytes) {
      const { largest } = taken.set;
      if (!largest) return;
      counters.add('state_evicted', 1, largest.rule.id);
      taken.room.push(largest.rule.id);
      this.#giveWay(taken, largest);
    }
  }

  #giveWay({ fire }: Taken, windows: RuleWindows | undefined): void {
    if (windows) this.#accounted(windows, () => windows.giveWay(fire));
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

function timeOf(step: Exclude<Step, { kind: 'use' }>): Micros {
  return step.kind === 'hit' ? step.hit.arrived : step.at;
}

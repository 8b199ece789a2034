import { setImmediate } from 'node:timers/promises';
import type { CounterName, Counters } from '../model/counters.ts';
import type { Hit } from '../model/hit.ts';
import type { Render } from '../model/risk.ts';
import type { Level, Rule } from '../model/rule.ts';
import type { Admission, NotDurable, State } from '../model/state.ts';
import type { Micros } from '../model/time.ts';
import { ChangeGate } from './change-gate.ts';
import { type Effects, type Journal, NO_EFFECTS, NO_JOURNAL, type Step } from './journal.ts';
import type { OutboxRoom } from './outbox-room.ts';
import type { OwnOutbox } from './own-outbox.ts';
import type { Context, Limits, RuleWindows } from './rule-windows.ts';
import type { SavedGroup, SavedHead, SavedRepeat, SavedRequest } from './saved.ts';
import type { WarmGroup } from './warm-groups.ts';
import { WindowSet } from './window-set.ts';
import { WindowSteps } from './window-steps.ts';

interface WindowStateOptions extends Context {
  readonly outbox: OwnOutbox;
  readonly room: OutboxRoom;
  readonly journal?: Journal;
}

/** What is the same for all windows at the moment of a snapshot. */
export interface SavedStateHead {
  readonly clock: Micros;
  readonly rules: readonly Rule[];
  readonly limits: Limits;
  readonly requests: readonly SavedRequest[];
  /** By rule id. */
  readonly heads: ReadonlyMap<string, SavedHead>;
}

/** Takes what the windows of each rule hold. */
export interface SnapshotTo {
  group(rule: string, group: SavedGroup): void;
  repeat(rule: string, repeat: SavedRepeat): void;
}

export interface Snapshot {
  readonly head: SavedStateHead;
  /** Looks at up to `most` groups or repeats that are not saved yet; false when all are. */
  more(most: number): boolean;
}

/** How windows of a journal go on under the rules of today. */
export interface Revival {
  /** Renders detections of rules that were in force together when the journal was written. */
  rendererOf(rules: readonly Rule[]): Render;
  /** Whether windows of a rule that is in force no more cannot be closed: they are dropped. */
  isLost(rule: Rule): boolean;
  /** Called with each of these rules. */
  dropped(rule: Rule, groups: number): void;
}

/** Hits of one request that are recorded before others have their turn: some milliseconds' work. */
const RECORDED_AT_ONCE = 500;
/** Windows that are closed before others have their turn: some tens of milliseconds' work. */
const CLOSED_AT_ONCE = 20;
/** While nothing happens, the journal says this often that Sidewatch was there. */
const MARK_EVERY = 30_000_000;

/**
 * Windows in memory, and an outbox. A hit and all that it fires are one turn of the event loop. A large request takes several;
 * its sender gets OK after the last one, and to send it again changes nothing. With a journal, each step is noted there, and
 * a sender gets OK when its steps are durable; then a stop keeps windows open.
 */
export class WindowState implements State {
  readonly outbox: OwnOutbox;
  readonly #counters: PausableCounters;
  readonly #context: { limits: Limits; readonly counters: Counters };
  readonly #limits: Limits;
  readonly #journal: Journal;
  readonly #gate = new ChangeGate();
  readonly #room: OutboxRoom;
  readonly #steps: WindowSteps;
  /** The rules in force. */
  #set: WindowSet;
  /** Windows of rules that are in force no more, which are being closed under these. */
  readonly #leaving: { readonly set: WindowSet; readonly windows: RuleWindows }[] = [];
  /** After a recovery. */
  #revival: Revival | undefined;
  /** The time of the last hit or close. A cut has no time of its own: it happens at this one. */
  #clock = 0 as Micros;
  #marked = 0;

  constructor({ limits, counters, outbox, room, journal = NO_JOURNAL }: WindowStateOptions) {
    this.#counters = new PausableCounters(counters);
    this.#limits = limits;
    this.#context = { limits, counters: this.#counters };
    this.outbox = outbox;
    this.#room = room;
    this.#journal = journal;
    this.#steps = new WindowSteps(this.#context, outbox, journal);
    this.#set = new WindowSet([], () => [], this.#context);
  }

  /** For gauges and tests: what is held now. */
  get held(): { readonly groups: number; readonly bytes: number } {
    return { groups: this.#set.groups, bytes: this.#steps.bytes };
  }

  /** The rules in force: after a recovery, those of the journal. */
  get rules(): readonly Rule[] {
    return this.#set.rules;
  }

  /** The limits that steps are taken under: during a recovery, those of the journal. */
  get limits(): Limits {
    return this.#context.limits;
  }

  /**
   * Groups that were hit last, of each rule, with how near each is to a detection: for people. Looks at up to `most` of them and
   * changes nothing. From the first call on the groups that are hit are noted, until `unwatch`.
   */
  warming(most: number): readonly WarmGroup[] {
    const all = [...this.#set.windows.values()].filter(({ groups }) => groups > 0).slice(0, most);
    const each = Math.floor(most / Math.max(1, all.length));
    return all.flatMap((windows) => windows.warming?.(each) ?? []);
  }

  unwatch(): void {
    for (const windows of this.#set.windows.values()) windows.unwatch?.();
  }

  /** Whether a request was refused because of what waits for this destination, which has settled nothing since. */
  isStuck(to: string): boolean {
    return this.#room.isStuck(to);
  }

  /** `revival`: for the first rules after a recovery. */
  async use(rules: readonly Rule[], render: Render, revival?: Revival): Promise<void> {
    if (revival) this.#revival = revival;
    await this.#gate.change(() => {
      this.#replace(rules, render);
      if (revival) this.#dropLost(revival);
      this.#journal.note({ kind: 'use', rules, limits: this.#limits }, NO_EFFECTS);
    });
    // Windows that go close under the rules that they were counted by; requests need not wait for that.
    for (let next = this.#leaving[0]; next; next = this.#leaving[0]) {
      await this.#cutAll(next.set, next.windows);
      if (this.#leaving[0] === next) this.#leaving.shift();
    }
  }

  admit(hits: readonly Hit[]): ReturnType<State['admit']> {
    if (hits.length > 0 && this.#journal.fault) return this.#journal.fault;
    return this.#room.admit(hits, this.#set);
  }

  async preview(hits: readonly Hit[]): Promise<readonly (string | undefined)[]> {
    const ids = new Map<Hit, string | undefined>();
    for (const windows of this.#set.windows.values()) {
      const own = hits.filter((hit) => this.#set.windowsFor(hit) === windows);
      for (const [i, id] of windows.preview(own).entries()) ids.set(own[i]!, id);
    }
    return hits.map((hit) => ids.get(hit));
  }

  idle(rule: string, fingerprint: string, group: Hit['group'], at: Micros, arrived: Micros): boolean {
    return this.#set.windowsFor({ rule, fingerprint })?.idle?.(group, at, arrived) === true;
  }

  async record(hits: readonly Hit[], held: Admission): Promise<'recorded' | 'stale' | NotDurable> {
    const how = await this.#gate.record(() => this.#record(hits, held));
    return how === 'stale' ? how : ((await this.#journal.durable()) ?? how);
  }

  async close(now: Micros): Promise<Micros | undefined> {
    // In the order in which windows are due, whenever this is called: what one fires may be a hit of another.
    let next = this.#set.nextDue;
    let closed = 0;
    while (next !== undefined && next.at <= now && !this.#room.full && !this.#journal.fault) {
      this.#clock = next.at;
      this.#steps.close(this.#set, next);
      closed++;
      if (closed % CLOSED_AT_ONCE === 0) await setImmediate();
      next = this.#set.nextDue;
    }
    if (!this.#journal.fault) this.#expire(Math.min(now, next?.at ?? now) as Micros);
    return next?.at;
  }

  async end(): Promise<void> {
    this.#steps.end(this.#set);
  }

  async stop(by: AbortSignal): Promise<void> {
    if (this.#journal === NO_JOURNAL) {
      for (const windows of this.#set.windows.values()) await this.#cutAll(this.#set, windows, by);
      const { groups } = this.#set;
      if (groups > 0) this.#counters.add('groups_unclosed', groups);
    }
    await this.outbox.stop(by);
  }

  /** A snapshot for windows that hold nothing yet: its head, then groups and repeats in any order, then `restored`. */
  restoreHead({ clock, rules, limits, requests, heads }: SavedStateHead): void {
    this.#counters.paused = true;
    this.#clock = clock;
    this.#context.limits = limits;
    this.#set = new WindowSet(rules, this.#recoveredRender(rules), this.#context);
    this.#steps.requests.load(requests);
    for (const [rule, head] of heads) this.#set.windows.get(rule)?.restoreHead(head);
  }

  restoreGroup(rule: string, group: SavedGroup): void {
    this.#set.windows.get(rule)?.restoreGroup(group);
  }

  restoreRepeat(rule: string, repeat: SavedRepeat): void {
    this.#set.windows.get(rule)?.restoreRepeat(repeat);
  }

  restored(): void {
    for (const windows of this.#set.windows.values()) {
      windows.restored();
      this.#steps.restored(windows);
    }
  }

  /** Takes a step again that was noted in the journal: what it fired is in the outbox already. */
  repeat(step: Step, before: Effects): void {
    this.#counters.paused = true;
    if (step.kind === 'use') {
      this.#context.limits = step.limits;
      this.#replace(step.rules, this.#recoveredRender(step.rules));
      return;
    }
    const at = step.kind === 'hit' ? step.hit.arrived : step.at;
    if (step.kind !== 'cut') this.#clock = at;
    if (step.kind === 'cut') {
      const { rule, fingerprint } = step;
      const going = this.#leaving.find(
        ({ windows }) => windows.rule.id === rule && windows.rule.fingerprint === fingerprint,
      );
      this.#steps.repeat(going?.set ?? this.#set, step, going?.windows, before);
    } else if (step.kind === 'hit') {
      this.#steps.repeat(this.#set, step, this.#set.windowsFor(step.hit), before);
    } else {
      const windows = step.kind === 'close' ? this.#set.windows.get(step.rule) : undefined;
      this.#steps.repeat(this.#set, step, windows, before);
    }
  }

  /** All that was noted has been taken again. */
  recovered(): void {
    this.#counters.paused = false;
    this.#context.limits = this.#limits;
  }

  /** Sidewatch was away until `now`. To be called after a recovery, before the first hit. */
  resume(now: Micros): void {
    if (this.#clock === 0 || this.#journal === NO_JOURNAL) return;
    // A clock that was set back has not been away.
    this.#steps.resume(this.#set, Math.min(this.#clock, now) as Micros, now);
    this.#clock = now;
  }

  /**
   * Begins a snapshot of the windows as they are now. `to` gets each group once, before it changes. undefined while windows of
   * former rules are being closed.
   */
  beginSnapshot(to: SnapshotTo): Snapshot | undefined {
    if (this.#leaving.length > 0) return undefined;
    const all = [...this.#set.windows];
    const heads = all.map(([rule, windows]) => {
      const own = {
        group: (group: SavedGroup) => to.group(rule, group),
        repeat: (repeat: SavedRepeat) => to.repeat(rule, repeat),
      };
      return [rule, windows.beginSaving(own)] as const;
    });
    return {
      head: {
        clock: this.#clock,
        rules: this.#set.rules,
        limits: this.#limits,
        requests: this.#steps.requests.save(),
        heads: new Map(heads),
      },
      more(most) {
        while (all.length > 0 && !all.at(-1)![1].saveSome(most)) all.pop();
        return all.length > 0;
      },
    };
  }

  async #record(hits: readonly Hit[], held: Admission): Promise<'recorded' | 'stale'> {
    const stale = hits.reduce((sum, hit) => sum + (this.#set.windowsFor(hit) ? 0 : 1), 0);
    if (stale > 0) {
      this.#counters.add('hits_stale', stale);
      return 'stale';
    }
    let recorded = 0;
    for (const hit of hits) {
      this.#clock = hit.arrived;
      this.#steps.record(this.#set, hit);
      recorded++;
      if (recorded % RECORDED_AT_ONCE === 0) await setImmediate();
    }
    held.release();
    return 'recorded';
  }

  #expire(now: Micros): void {
    const mark = now - this.#marked >= MARK_EVERY;
    if (mark) this.#marked = now;
    if (now > this.#clock) this.#clock = now;
    this.#steps.expire(this.#set, now, mark);
  }

  /** While a journal is taken again nothing is rendered, and what it left is only rendered after that. */
  #recoveredRender(rules: readonly Rule[]): Render {
    let made: Render | undefined;
    return (detection) => {
      made ??= this.#revival!.rendererOf(rules);
      return made(detection);
    };
  }

  /** Puts rules in force. Windows that go are being closed from now on; those that have nothing to send are dropped at once. */
  #replace(rules: readonly Rule[], render: Render): void {
    const before = this.#set;
    this.#set = new WindowSet(rules, render, this.#context, before);
    const staying = new Set(rules.map(({ fingerprint }) => fingerprint));
    const going = [...before.windows.values()].filter(({ rule }) => !staying.has(rule.fingerprint));
    for (const windows of going) {
      if (windows.rule.kind === 'match') this.#steps.drop(windows);
      else this.#leaving.push({ set: before, windows });
    }
  }

  /** Also of windows whose closing a former process has begun. */
  #dropLost(revival: Revival): void {
    for (let i = this.#leaving.length - 1; i >= 0; i--) {
      const { set, windows } = this.#leaving[i]!;
      const { groups } = windows;
      // As it was in force last: kept windows may have an earlier version, with another result filter.
      const rule = set.rule(windows.rule.id)!;
      if (!revival.isLost(rule)) continue;
      this.#leaving.splice(i, 1);
      this.#steps.drop(windows);
      if (groups === 0) continue;
      this.#counters.add('groups_dropped', groups, rule.id);
      revival.dropped(rule, groups);
    }
  }

  /** Closes all groups of a rule early, in turns: one may be much work. What is left when `by` aborts stays. */
  async #cutAll(set: WindowSet, windows: RuleWindows, by?: AbortSignal): Promise<void> {
    while (!by?.aborted && this.#steps.cut(set, windows, this.#clock)) await setImmediate();
  }
}

/** Counts nothing while it is paused: steps that are taken again were counted before. */
class PausableCounters implements Counters {
  readonly #counters: Counters;
  paused = false;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  add(name: CounterName, n?: number, by?: string, level?: Level): void {
    if (!this.paused) this.#counters.add(name, n, by, level);
  }
}

import { setImmediate } from 'node:timers/promises';
import type { DeadLetters } from '../model/dead-letters.ts';
import type { Hit } from '../model/hit.ts';
import type { Render, Route } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import type { Admission, QueueBound, State } from '../model/state.ts';
import type { Micros } from '../model/time.ts';
import { ChangeGate } from './change-gate.ts';
import { MemoryOutbox } from './memory-outbox.ts';
import { OutboxRoom } from './outbox-room.ts';
import type { Context, RuleWindows } from './rule-windows.ts';
import { WindowSet } from './window-set.ts';
import { WindowSteps } from './window-steps.ts';

interface MemoryOptions extends Context {
  /** Names of all destinations. */
  readonly destinations: readonly string[];
  /** Without it every destination gets every event. */
  readonly route?: Route;
  /**
   * Events that may wait for a destination before requests are refused, or before some give way; a number is that of each,
   * and blocks. What one admitted request fires may exceed it.
   */
  readonly outbox: number | ReadonlyMap<string, QueueBound>;
  /** For queues that are not to lose what gives way. */
  readonly deadLetters?: DeadLetters | undefined;
}

function queuesOf({ destinations, outbox }: MemoryOptions): ReadonlyMap<string, QueueBound> {
  if (typeof outbox !== 'number') return outbox;
  return new Map(destinations.map((name) => [name, { size: outbox, onFull: 'block' }]));
}

/** Hits of one request that are recorded before others have their turn: some milliseconds' work. */
const RECORDED_AT_ONCE = 500;
/** Windows that are closed before others have their turn: some tens of milliseconds' work. */
const CLOSED_AT_ONCE = 20;

/**
 * Windows and outbox in memory. A hit and all that it fires are one turn of the event loop. A large request takes several;
 * its sender gets OK after the last one, and to send it again changes nothing.
 */
export class MemoryState implements State {
  readonly outbox: MemoryOutbox;
  readonly #options: MemoryOptions;
  readonly #gate = new ChangeGate();
  readonly #room: OutboxRoom;
  readonly #steps: WindowSteps;
  /** The rules in force. */
  #set: WindowSet;
  /** The time of the last hit or close. A cut has no time of its own: it happens at this one. */
  #clock = 0 as Micros;

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.outbox = new MemoryOutbox(options.destinations, options.route);
    this.#room = new OutboxRoom(this.outbox, queuesOf(options), options.counters, options.deadLetters);
    this.#steps = new WindowSteps(options, this.outbox);
    this.#set = new WindowSet([], () => [], options);
  }

  /** For gauges and tests: what is held now. */
  get held(): { readonly groups: number; readonly bytes: number } {
    return { groups: this.#set.groups, bytes: this.#steps.bytes };
  }

  /** Whether a request was refused because of what waits for this destination, which has settled nothing since. */
  isStuck(to: string): boolean {
    return this.#room.isStuck(to);
  }

  async use(rules: readonly Rule[], render: Render): Promise<void> {
    const before = await this.#gate.change(() => {
      const replaced = this.#set;
      this.#set = new WindowSet(rules, render, this.#options, replaced);
      return replaced;
    });
    // Windows that go close under the rules that they were counted by; requests need not wait for that.
    const staying = new Set(rules.map(({ fingerprint }) => fingerprint));
    for (const windows of before.windows.values())
      if (!staying.has(windows.rule.fingerprint)) await this.#cutAll(before, windows);
  }

  admit(hits: readonly Hit[]): ReturnType<State['admit']> {
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

  record(hits: readonly Hit[], held: Admission): ReturnType<State['record']> {
    return this.#gate.record(async () => {
      const stale = hits.reduce((sum, hit) => sum + (this.#set.windowsFor(hit) ? 0 : 1), 0);
      if (stale > 0) {
        this.#options.counters.add('hits_stale', stale);
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
    });
  }

  async close(now: Micros): Promise<Micros | undefined> {
    // In the order in which windows are due, whenever this is called: what one fires may be a hit of another.
    let next = this.#set.nextDue;
    let closed = 0;
    while (next !== undefined && next.at <= now && !this.#room.full) {
      this.#clock = next.at;
      this.#steps.close(this.#set, next);
      closed++;
      if (closed % CLOSED_AT_ONCE === 0) await setImmediate();
      next = this.#set.nextDue;
    }
    this.#steps.expire(this.#set, Math.min(now, next?.at ?? now) as Micros);
    return next?.at;
  }

  async end(): Promise<void> {
    this.#steps.end(this.#set);
  }

  async stop(by: AbortSignal): Promise<void> {
    for (const windows of this.#set.windows.values()) await this.#cutAll(this.#set, windows, by);
    const { groups } = this.#set;
    if (groups > 0) this.#options.counters.add('groups_unclosed', groups);
    await this.outbox.stop(by);
  }

  /** Closes all groups of a rule early, in turns: one may be much work. What is left when `by` aborts stays. */
  async #cutAll(set: WindowSet, windows: RuleWindows, by?: AbortSignal): Promise<void> {
    while (!by?.aborted && this.#steps.cut(set, windows, this.#clock)) await setImmediate();
  }
}

import { setImmediate } from 'node:timers/promises';
import { seconds } from '../lib/time-format.ts';
import type { Detection, Hit } from '../model/hit.ts';
import type { Render } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import type { Admission, State } from '../model/state.ts';
import type { Micros } from '../model/time.ts';
import { revocable } from '../semantics/revocable.ts';
import { isSilence } from '../semantics/silence.ts';
import { chainedHits } from './chained-hits.ts';
import { rulesInnerFirst } from './inner-first.ts';
import { JudgedWindows } from './judged-windows.ts';
import { MatchWindows } from './match-windows.ts';
import { MemoryOutbox } from './memory-outbox.ts';
import type { Context, Fire, RuleWindows } from './rule-windows.ts';
import { SilenceWindows } from './silence-windows.ts';
import { SlidingWindows } from './sliding-windows.ts';
import { TumblingWindows } from './tumbling-windows.ts';

export interface MemoryOptions extends Context {
  /** Names of all destinations; each gets every event. */
  readonly destinations: readonly string[];
  /** Events that the outbox holds before requests are refused. What one admitted request fires may exceed it. */
  readonly outbox: number;
}

/** Hits of one request that are recorded before others have their turn: some milliseconds. */
const RECORDED_AT_ONCE = 500;
/** Windows that are closed before others have their turn: some tens of milliseconds' work. */
const CLOSED_AT_ONCE = 20;
const RETRY_AFTER = seconds(5);
const NOTHING: Admission = { release() {} };

/** Rules in force, and what belongs to them. */
interface RuleSet {
  /** By rule; a rule whose detections others count stands before these. */
  readonly windows: ReadonlyMap<string, RuleWindows>;
  /** Kept windows may have an earlier rule of the same fingerprint. */
  readonly rules: ReadonlyMap<string, Rule>;
  /** By rule: those that count its detections. */
  readonly outer: ReadonlyMap<string, readonly Rule[]>;
  readonly render: Render;
}

/**
 * Windows and outbox in memory. A hit and all that it fires are one turn of the event loop. A large request takes several;
 * nobody was told OK before the last one, and to send it again changes nothing.
 */
export class MemoryState implements State {
  readonly outbox: MemoryOutbox;
  readonly #options: MemoryOptions;
  #set: RuleSet = { windows: new Map(), rules: new Map(), outer: new Map(), render: () => [] };
  #reserved = 0;
  #recording = 0;
  /** Called when no request is being recorded. */
  readonly #unrecorded: (() => void)[] = [];
  /** A change of rules under way, however it ends: until then nothing is recorded. */
  #change: Promise<void> | undefined;
  /** What all windows hold. */
  #bytes = 0;
  /** The clock of the step under way. */
  #now = 0 as Micros;
  /** What detections of this step are to others: hits, that belong to the same step. */
  readonly #chained: Hit[] = [];
  readonly #fire: Fire = (detection) => this.#emit(detection);

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.outbox = new MemoryOutbox(options.destinations);
  }

  /** For gauges and tests: what is held now. */
  get held(): { readonly groups: number; readonly bytes: number } {
    let groups = 0;
    for (const windows of this.#set.windows.values()) groups += windows.groups;
    return { groups, bytes: this.#bytes };
  }

  async use(rules: readonly Rule[], render: Render): Promise<void> {
    const before = this.#change;
    const change = (async () => {
      await before;
      // A request that is being recorded is counted whole, by the rules that it was read for.
      if (this.#recording > 0) await new Promise<void>((resolve) => this.#unrecorded.push(resolve));
      return this.#replace(rules, render);
    })();
    const over = change.then(
      () => {},
      () => {},
    );
    this.#change = over;
    const left = await change.finally(() => {
      if (this.#change === over) this.#change = undefined;
    });
    // What goes tells what it owes, under the rules that it was counted by; requests need not wait for that.
    const staying = new Set(rules.map(({ fingerprint }) => fingerprint));
    for (const windows of left.windows.values())
      if (!staying.has(windows.rule.fingerprint)) await this.#cut(windows, left);
  }

  /** In one turn. Gives the set that was in force. */
  #replace(rules: readonly Rule[], render: Render): RuleSet {
    const left = this.#set;
    const kept = new Map([...left.windows.values()].map((windows) => [windows.rule.fingerprint, windows]));
    const inputs = new Set(rules.flatMap((rule) => rule.inputs));
    this.#set = {
      windows: new Map(
        rulesInnerFirst(rules).map((rule) => [
          rule.id,
          kept.get(rule.fingerprint) ?? windowsOf(rule, this.#options),
        ]),
      ),
      rules: new Map(rules.map((rule) => [rule.id, rule])),
      outer: new Map(
        [...inputs].map((input) => [input, rules.filter((rule) => rule.inputs.includes(input))]),
      ),
      render,
    };
    return left;
  }

  admit(hits: readonly Hit[]): ReturnType<State['admit']> {
    if (hits.length === 0) return NOTHING;
    const used = this.outbox.size + this.#reserved;
    // Detections are told apart only where there may not be room for all hits.
    const groups = used + hits.length <= this.#options.outbox ? hits.length : this.#mayFire(hits);
    if (used > 0 && used + groups > this.#options.outbox) {
      this.#options.counters.add('outbox_refused');
      return {
        retryAfter: RETRY_AFTER,
        why: `the outbox is full: ${this.outbox.size} risk events wait for their destination`,
      };
    }
    this.#reserved += groups;
    let held = true;
    return {
      release: () => {
        if (held) this.#reserved -= groups;
        held = false;
      },
    };
  }

  async preview(hits: readonly Hit[]): Promise<readonly (string | undefined)[]> {
    const ids = new Map<Hit, string | undefined>();
    for (const windows of this.#set.windows.values()) {
      const own = hits.filter((hit) => this.#windowsFor(hit) === windows);
      for (const [i, id] of windows.preview(own).entries()) ids.set(own[i]!, id);
    }
    return hits.map((hit) => ids.get(hit));
  }

  idle(rule: string, fingerprint: string, group: Hit['group'], at: Micros, arrived: Micros): boolean {
    const windows = this.#set.windows.get(rule);
    return windows?.rule.fingerprint === fingerprint && windows.idle?.(group, at, arrived) === true;
  }

  async record(hits: readonly Hit[], held: Admission): ReturnType<State['record']> {
    while (this.#change !== undefined) await this.#change;
    let stale = 0;
    for (const hit of hits) if (!this.#windowsFor(hit)) stale++;
    if (stale > 0) {
      this.#options.counters.add('hits_stale', stale);
      return 'stale';
    }
    this.#recording++;
    try {
      let recorded = 0;
      for (const hit of hits) {
        this.#now = hit.arrived;
        this.#take(hit);
        this.#settle();
        recorded++;
        if (recorded % RECORDED_AT_ONCE === 0) await setImmediate();
      }
      held.release();
      return 'recorded';
    } finally {
      this.#recording--;
      if (this.#recording === 0) for (const resolve of this.#unrecorded.splice(0)) resolve();
    }
  }

  async close(now: Micros): Promise<Micros | undefined> {
    // In the order in which windows are due, whenever this is called: what one fires may be a hit of another.
    let next = this.#nextDue();
    let closed = 0;
    while (next !== undefined && next.at <= now && this.outbox.size < this.#options.outbox) {
      this.#now = next.at;
      const { at, windows } = next;
      this.#accounted(windows, () => windows.closeOne(at, this.#fire));
      this.#settle();
      closed++;
      if (closed % CLOSED_AT_ONCE === 0) await setImmediate();
      next = this.#nextDue();
    }
    const until = Math.min(now, next?.at ?? now) as Micros;
    for (const windows of this.#set.windows.values()) this.#accounted(windows, () => windows.expire(until));
    return next?.at;
  }

  async end(): Promise<void> {
    for (const windows of this.#set.windows.values()) this.#accounted(windows, () => windows.end?.());
  }

  async stop(by: AbortSignal): Promise<void> {
    for (const windows of this.#set.windows.values()) await this.#cut(windows, this.#set, by);
    const { groups } = this.held;
    if (groups > 0) this.#options.counters.add('groups_unclosed', groups);
    await this.outbox.stop(by);
  }

  /** Closes all that a rule's windows hold, in turns: one group may be much work. What is left when `by` aborts stays. */
  async #cut(windows: RuleWindows, set: RuleSet, by?: AbortSignal): Promise<void> {
    let more = true;
    while (more && !by?.aborted) {
      // In one turn, so that nobody else sees the set exchanged.
      const current = this.#set;
      this.#set = set;
      more = this.#accounted(windows, () => windows.giveWay(this.#fire));
      this.#settle();
      this.#set = current;
      if (more) await setImmediate();
    }
  }

  /** How many detections the hits can fire at most: a group fires once a bucket, and a rule without a window for each hit. */
  #mayFire(hits: readonly Hit[]): number {
    const told = new Set<string>();
    for (const { rule, group, at } of hits) {
      const window =
        this.#set.rules.get(rule)?.kind === 'match' ? undefined : this.#set.rules.get(rule)?.window;
      if (window === undefined) told.add(String(told.size));
      else
        told.add(
          JSON.stringify([rule, group, window.kind === 'sliding' ? Math.floor(at / window.quiet) : 0]),
        );
    }
    return told.size;
  }

  #nextDue(): { readonly at: Micros; readonly windows: RuleWindows } | undefined {
    let first: { readonly at: Micros; readonly windows: RuleWindows } | undefined;
    for (const windows of this.#set.windows.values()) {
      const at = windows.next;
      if (at !== undefined && (first === undefined || at < first.at)) first = { at, windows };
    }
    return first;
  }

  #take(hit: Hit): void {
    const { counters, limits } = this.#options;
    const windows = this.#windowsFor(hit)!;
    counters.add('hits', 1, hit.rule);
    this.#accounted(windows, () => windows.add(hit, limits.bytes - this.#bytes, this.#fire));
    this.#makeRoom();
  }

  /** Takes what fired as hits of the rules that count it, and what these fire. It ends: no rule counts itself. */
  #settle(): void {
    for (let hit = this.#chained.shift(); hit; hit = this.#chained.shift()) this.#take(hit);
  }

  #emit(detection: Detection): boolean {
    const rule = this.#set.rules.get(detection.rule)!;
    const events = this.#set.render(detection);
    if (!rule.silent) this.outbox.add(events);
    // Nothing is rendered of what a result filter dropped. A base rule's matches are hits of others by themselves.
    if (detection.kind === 'risk' && events.length > 0 && rule.kind !== 'match')
      for (const outer of this.#set.outer.get(rule.id) ?? [])
        this.#chained.push(...chainedHits(outer, detection, this.#now, this.#options.counters));
    return events.length > 0;
  }

  /** undefined for a hit made under a rule set that is no longer in force. */
  #windowsFor(hit: Hit): RuleWindows | undefined {
    const windows = this.#set.windows.get(hit.rule);
    return windows?.rule.fingerprint === hit.fingerprint ? windows : undefined;
  }

  /** Whatever a step changes in a rule's windows, for there are too many rules to sum up at each hit. */
  #accounted<T>(windows: RuleWindows, step: () => T): T {
    const before = windows.bytes;
    try {
      return step();
    } finally {
      this.#bytes += windows.bytes - before;
    }
  }

  #makeRoom(): void {
    const { counters, limits } = this.#options;
    while (this.#bytes > limits.bytes) {
      let most: RuleWindows | undefined;
      for (const windows of this.#set.windows.values())
        if (windows.groups > 0 && (!most || windows.bytes > most.bytes)) most = windows;
      if (!most) return;
      counters.add('state_evicted', 1, most.rule.id);
      const gives = most;
      this.#accounted(gives, () => gives.giveWay(this.#fire));
    }
  }
}

function windowsOf(rule: Rule, context: Context): RuleWindows {
  if (rule.kind === 'match') return new MatchWindows(rule, context);
  if (isSilence(rule)) return new SilenceWindows(rule, context);
  if (rule.window.kind === 'tumbling') return new TumblingWindows(rule, context);
  return revocable(rule) ? new JudgedWindows(rule, context) : new SlidingWindows(rule, context);
}

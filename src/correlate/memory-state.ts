import { seconds } from '../lib/time.ts';
import type { Hit } from '../model/hit.ts';
import type { Render } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import type { Admission, State } from '../model/state.ts';
import type { Micros } from '../model/time.ts';
import { MatchWindows } from './match-windows.ts';
import { MemoryOutbox } from './memory-outbox.ts';
import type { Context, Fire, RuleWindows } from './rule-windows.ts';
import { SlidingWindows } from './sliding-windows.ts';
import { TumblingWindows } from './tumbling-windows.ts';

export interface MemoryOptions extends Context {
  /** Names of all destinations; each gets every event. */
  readonly destinations: readonly string[];
  /** Events that the outbox holds before requests are refused. What one admitted request fires may exceed it. */
  readonly outbox: number;
}

const RETRY_AFTER = seconds(5);
const NOTHING: Admission = { release() {} };

/** Windows and outbox in memory. A step is one turn of the event loop, so it is atomic by itself. */
export class MemoryState implements State {
  readonly outbox: MemoryOutbox;
  readonly #options: MemoryOptions;
  #windows: ReadonlyMap<string, RuleWindows> = new Map();
  #render: Render = () => [];
  #reserved = 0;
  readonly #fire: Fire = (detection) => this.outbox.add(this.#render(detection));

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.outbox = new MemoryOutbox(options.destinations);
  }

  /** For gauges and tests: what is held now. */
  get held(): { readonly groups: number; readonly bytes: number } {
    let groups = 0;
    for (const windows of this.#windows.values()) groups += windows.groups;
    return { groups, bytes: this.#bytes };
  }

  async use(rules: readonly Rule[], render: Render): Promise<void> {
    const kept = new Map([...this.#windows.values()].map((windows) => [windows.rule.fingerprint, windows]));
    this.#windows = new Map(
      rules.map((rule) => [rule.id, kept.get(rule.fingerprint) ?? windowsOf(rule, this.#options)]),
    );
    this.#render = render;
  }

  admit(hits: readonly Hit[]): ReturnType<State['admit']> {
    if (hits.length === 0) return NOTHING;
    const groups = new Set(hits.map((hit) => JSON.stringify([hit.rule, hit.group]))).size;
    const used = this.outbox.size + this.#reserved;
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
    for (const windows of this.#windows.values()) {
      const own = hits.filter((hit) => this.#windowsFor(hit) === windows);
      for (const [i, id] of windows.preview(own).entries()) ids.set(own[i]!, id);
    }
    return hits.map((hit) => ids.get(hit));
  }

  async record(hits: readonly Hit[], held: Admission): Promise<void> {
    const { counters, limits } = this.#options;
    for (const hit of hits) {
      const windows = this.#windowsFor(hit);
      if (!windows) {
        counters.add('hits_stale');
        continue;
      }
      counters.add('hits', 1, hit.rule);
      windows.add(hit, limits.bytes - this.#bytes, this.#fire);
      this.#makeRoom();
    }
    held.release();
  }

  async close(now: Micros): Promise<Micros | undefined> {
    let next: Micros | undefined;
    for (const windows of this.#windows.values()) {
      while (this.outbox.size < this.#options.outbox && windows.closeOne(now, this.#fire));
      windows.expire(now);
      if (windows.next !== undefined && (next === undefined || windows.next < next)) next = windows.next;
    }
    return next;
  }

  async stop(by: AbortSignal): Promise<void> {
    for (const windows of this.#windows.values()) while (windows.giveWay(this.#fire));
    await this.outbox.stop(by);
  }

  /** undefined for a hit made under a rule set that is no longer in force. */
  #windowsFor(hit: Hit): RuleWindows | undefined {
    const windows = this.#windows.get(hit.rule);
    return windows?.rule.fingerprint === hit.fingerprint ? windows : undefined;
  }

  get #bytes(): number {
    let bytes = 0;
    for (const windows of this.#windows.values()) bytes += windows.bytes;
    return bytes;
  }

  #makeRoom(): void {
    const { counters, limits } = this.#options;
    while (this.#bytes > limits.bytes) {
      let most: RuleWindows | undefined;
      for (const windows of this.#windows.values())
        if (windows.groups > 0 && (!most || windows.bytes > most.bytes)) most = windows;
      if (!most) return;
      counters.add('state_evicted', 1, most.rule.id);
      most.giveWay(this.#fire);
    }
  }
}

function windowsOf(rule: Rule, context: Context): RuleWindows {
  if (rule.kind === 'match') return new MatchWindows(rule, context);
  if (rule.kind !== 'event_count' || rule.condition.some(({ op }) => op !== 'gt' && op !== 'gte'))
    throw new Error(`${rule.id}: windows for this kind of rule are not there yet; the loader must refuse it`);
  return rule.window.kind === 'sliding'
    ? new SlidingWindows(rule, context)
    : new TumblingWindows(rule, context);
}

import { seconds } from '../lib/time-format.ts';
import type { Counters } from '../model/counters.ts';
import type { Hit } from '../model/hit.ts';
import type { Admission, Outbox, State } from '../model/state.ts';
import type { WindowSet } from './window-set.ts';

const RETRY_AFTER = seconds(5);
const NO_ROOM_NEEDED: Admission = { release() {} };

/** Room for risk events in an outbox, reserved for requests before any window changes. */
export class OutboxRoom {
  readonly #outbox: Outbox;
  readonly #most: number;
  readonly #counters: Counters;
  #reserved = 0;

  /** `most`: risk events; see `MemoryOptions.outbox`. */
  constructor(outbox: Outbox, most: number, counters: Counters) {
    this.#outbox = outbox;
    this.#most = most;
    this.#counters = counters;
  }

  /** Whether what waits takes all room; what is reserved does not count. */
  get full(): boolean {
    return this.#outbox.size >= this.#most;
  }

  /** A request that is larger than all room passes when nothing else waits. */
  admit(hits: readonly Hit[], set: WindowSet): ReturnType<State['admit']> {
    if (hits.length === 0) return NO_ROOM_NEEDED;
    const used = this.#outbox.size + this.#reserved;
    // Detections are distinguished only where there may not be room for all hits.
    const needed = used + hits.length <= this.#most ? hits.length : detectionsMost(hits, set);
    if (used > 0 && used + needed > this.#most) {
      this.#counters.add('outbox_refused');
      return {
        retryAfter: RETRY_AFTER,
        why: `the outbox is full: ${this.#outbox.size} risk events wait for their destination`,
      };
    }
    return this.#reserve(needed);
  }

  #reserve(needed: number): Admission {
    this.#reserved += needed;
    let held = true;
    return {
      release: () => {
        if (held) this.#reserved -= needed;
        held = false;
      },
    };
  }
}

/** How many detections the hits can fire at most: a group fires once a bucket, and a rule without a window for each hit. */
function detectionsMost(hits: readonly Hit[], set: WindowSet): number {
  const fired = new Set<string>();
  for (const { rule: id, group, at } of hits) {
    const rule = set.rule(id);
    if (rule === undefined || rule.kind === 'match') {
      fired.add(String(fired.size));
      continue;
    }
    const bucket = rule.window.kind === 'sliding' ? Math.floor(at / rule.window.quiet) : 0;
    fired.add(JSON.stringify([id, group, bucket]));
  }
  return fired.size;
}

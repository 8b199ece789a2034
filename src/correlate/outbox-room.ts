import { seconds } from '../lib/time-format.ts';
import type { Counters } from '../model/counters.ts';
import type { DeadLetters } from '../model/dead-letters.ts';
import type { Hit } from '../model/hit.ts';
import type { Admission, QueueBound, State } from '../model/state.ts';
import { Overflow } from './overflow.ts';
import type { OwnOutbox } from './own-outbox.ts';
import type { WindowSet } from './window-set.ts';

const RETRY_AFTER = seconds(5);
/** Events beyond the size of a queue that does not block: when it is so far behind in taking them out, requests are refused. */
const BEHIND_MAX = 10_000;

/** How full the outbox is for one destination. */
interface Fill {
  readonly name: string;
  readonly used: number;
  readonly most: number;
  /** Whether more than `most` must not come in. */
  readonly blocks: boolean;
}

const NO_ROOM_NEEDED: Admission = { release() {} };

/**
 * Room for risk events in an outbox, reserved for requests before any window changes. Each destination has its own, for what
 * it has not settled yet; a request needs room for all of them. A destination that does not block has nearly always room,
 * because its overflow is taken out.
 */
export class OutboxRoom {
  readonly #outbox: OwnOutbox;
  readonly #queues: ReadonlyMap<string, QueueBound>;
  readonly #overflow: Overflow;
  readonly #counters: Counters;
  /** By destination that a request was refused for: what it had settled at that time. */
  readonly #refused = new Map<string, number>();
  #reserved = 0;

  /** Also keeps the queues that do not block within their size, as long as the outbox is used. */
  constructor(
    outbox: OwnOutbox,
    queues: ReadonlyMap<string, QueueBound>,
    counters: Counters,
    deadLetters?: DeadLetters,
  ) {
    this.#outbox = outbox;
    this.#queues = queues;
    this.#overflow = new Overflow(outbox, queues, counters, deadLetters);
    this.#counters = counters;
  }

  /** Whether what waits takes all room of some destination; what is reserved does not count. */
  get full(): boolean {
    const isFull = this.#fills(0).some(({ used, most }) => used >= most);
    if (isFull) this.#overflow.review();
    return isFull;
  }

  /** Whether a request was refused for this destination, which has settled nothing since. */
  isStuck(to: string): boolean {
    return this.#outbox.left(to) > 0 && this.#refused.get(to) === this.#outbox.settledBy(to);
  }

  /** A request that is larger than all room of a destination passes when nothing else waits for it. */
  admit(hits: readonly Hit[], set: WindowSet): ReturnType<State['admit']> {
    if (hits.length === 0) return NO_ROOM_NEEDED;
    const fills = this.#fills(this.#reserved);
    // Detections are distinguished only where there may not be room for all hits.
    const fits = fills.every(({ used, most, blocks }) => !blocks || used + hits.length <= most);
    const needed = fits ? hits.length : detectionsMost(hits, set);
    const lacking = fills.filter(({ used, most, blocks }) =>
      blocks ? used > 0 && used + needed > most : used >= most,
    );
    const fullest = lacking.sort((a, b) => a.most - a.used - (b.most - b.used))[0];
    if (fullest === undefined) return this.#reserve(needed);
    this.#overflow.review();
    const { name, used, most } = fullest;
    this.#counters.add('outbox_refused', 1, name);
    this.#refused.set(name, this.#outbox.settledBy(name));
    const more = used < most ? `, and this request may add ${needed}` : '';
    return {
      retryAfter: RETRY_AFTER,
      why: `the outbox is full: ${used} of ${most} risk events wait for ${name}${more}`,
    };
  }

  /** What is lent does not count where overflow is taken out: it cannot be. */
  #fills(reserved: number): Fill[] {
    return Array.from(this.#queues, ([name, bound]) => {
      const blocks = this.#overflow.blocks(name, bound);
      const left = this.#outbox.left(name);
      return {
        name,
        blocks,
        used: bound.onFull === 'block' ? left + reserved : left - this.#outbox.lent(name),
        most: blocks ? bound.size : bound.size + BEHIND_MAX,
      };
    });
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

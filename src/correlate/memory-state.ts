import type { DeadLetters } from '../model/dead-letters.ts';
import type { Route } from '../model/risk.ts';
import type { QueueBound } from '../model/state.ts';
import { MemoryOutbox } from './memory-outbox.ts';
import { OutboxRoom } from './outbox-room.ts';
import type { Context } from './rule-windows.ts';
import { WindowState } from './window-state.ts';

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

/** Windows and outbox in memory. */
export class MemoryState extends WindowState {
  constructor(options: MemoryOptions) {
    const { limits, counters, destinations, route, deadLetters } = options;
    const outbox = new MemoryOutbox(destinations, route);
    const room = new OutboxRoom(outbox, queuesOf(options), counters, deadLetters);
    super({ limits, counters, outbox, room });
  }
}

function queuesOf({ destinations, outbox }: MemoryOptions): ReadonlyMap<string, QueueBound> {
  if (typeof outbox !== 'number') return outbox;
  return new Map(destinations.map((name) => [name, { size: outbox, onFull: 'block' }]));
}

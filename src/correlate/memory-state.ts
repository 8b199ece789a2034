import { MemoryOutbox } from './memory-outbox.ts';
import { OutboxRoom } from './outbox-room.ts';
import type { Context } from './rule-windows.ts';
import { WindowState } from './window-state.ts';

interface MemoryOptions extends Context {
  /** Names of all destinations; each gets every event. */
  readonly destinations: readonly string[];
  /**
   * Events that may wait for a destination before requests are refused; a number is that of each. What one admitted request
   * fires may exceed it.
   */
  readonly outbox: number | ReadonlyMap<string, number>;
}

/** Windows and outbox in memory. */
export class MemoryState extends WindowState {
  constructor({ limits, counters, destinations, outbox: most }: MemoryOptions) {
    const outbox = new MemoryOutbox(destinations);
    const rooms = typeof most === 'number' ? new Map(destinations.map((name) => [name, most])) : most;
    super({ limits, counters, outbox, room: new OutboxRoom(outbox, rooms, counters) });
  }
}

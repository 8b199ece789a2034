import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { millis, seconds } from '../lib/time-format.ts';
import type { Ms } from '../model/time.ts';

/** A connection that can be brought to its end. */
export interface DrainedConnection {
  readonly calls: Iterable<{ refuseIncomplete(): void }>;
  /** Asks the client to go, at a moment that suits it or after `within`. Twice is fine. */
  leave(within: Ms): void;
  /** Takes no more requests. Ends with its last one. */
  close(): void;
  destroy(why: string): void;
}

/** What a receiver has open. */
export interface Drained {
  /** Takes no new connections; resolves when the last one has ended. */
  readonly close: () => Promise<void>;
  readonly connections: Iterable<DrainedConnection>;
  /** Work that must settle before the receiver has drained. A handler may outlive its connection, if the client leaves first. */
  readonly underWay: Iterable<Promise<unknown>>;
  /** The time that requests which are arriving still have; then they are refused for now. */
  readonly lastMessagesTime: Ms;
}

/** At a stop: the time that the last answers have to be sent. */
const ANSWERS_LEAVE = seconds(1);

/** At the deadline of a stop: the longest that it waits until all connections are destroyed. */
const CUTS_TIME = millis(200);

/** Calls that are ended in one turn, so that a stop notices its deadline. */
const CALLS_A_TURN = 200;

/** How a receiver stops: takes no new requests, waits for those in progress until `by` aborts. Twice is fine. */
export function drainer(open: Drained): (by: AbortSignal) => Promise<void> {
  const overdue = Promise.withResolvers<void>();
  let isOverdue = false;
  let drained: Promise<unknown> | undefined;
  const drain = async () => {
    const closed = open.close();
    for (const connection of open.connections) connection.leave(millis(open.lastMessagesTime / 4));
    await Promise.race([closed, sleep(open.lastMessagesTime, undefined, { ref: false })]);
    for (const connection of open.connections) connection.close();
    await refuseIncomplete();
    await Promise.allSettled(open.underWay);
    // A client that does not read its answer, or goes on sending, must not use up the time that others need to drain.
    await Promise.race([closed, sleep(ANSWERS_LEAVE, undefined, { ref: false })]);
  };
  const refuseIncomplete = async () => {
    let done = 0;
    for (const { calls } of open.connections)
      for (const call of calls) {
        if (isOverdue) return;
        call.refuseIncomplete();
        if (++done % CALLS_A_TURN === 0) await nextTurn();
      }
  };
  const destroyAll = async () => {
    for (const connection of open.connections) {
      connection.destroy('Sidewatch has stopped');
      await nextTurn();
    }
  };
  return async (by) => {
    drained ??= drain();
    const now = () => {
      isOverdue = true;
      overdue.resolve();
    };
    if (by.aborted) now();
    else by.addEventListener('abort', now, { once: true });
    await Promise.race([drained, overdue.promise]);
    // With very many calls open this takes longer. It goes on in the turns that the end of the process leaves.
    await Promise.race([destroyAll(), sleep(CUTS_TIME, undefined, { ref: false })]);
  };
}

import type { Hit } from '../../model/hit.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { State } from '../../model/state.ts';
import type { Micros } from '../../model/time.ts';

/** Later than any event: all windows close. */
const FOREVER = Number.MAX_SAFE_INTEGER as Micros;
const SECOND = 1_000_000;

/**
 * Gives hits to a state. The clock is the greatest time so far in the recording; at the end all windows close. `take` gets the
 * risk events for the destination `to`, at most `batch` at once.
 */
export async function play(
  hits: AsyncIterable<Hit> | Iterable<Hit>,
  state: State,
  to: string,
  batch: number,
  take: (events: readonly RiskEvent[]) => Promise<void> | void,
): Promise<void> {
  const drain = async () => {
    while (state.outbox.size > 0) {
      // In the order in which they fired: the outbox gives the most severe first.
      const taken = (await state.outbox.take(to, state.outbox.size)).toSorted((a, b) => a.seq - b.seq);
      for (let i = 0; i < taken.length; i += batch)
        await take(taken.slice(i, i + batch).map(({ event }) => event));
      const seq = taken.map((one) => one.seq);
      await state.outbox.settle(to, seq, 'delivered');
    }
  };
  let clock = 0 as Micros;
  let closed = 0;
  for await (const hit of hits) {
    if (hit.at > clock) clock = hit.at;
    if (clock - closed >= SECOND) {
      await state.close(clock);
      closed = clock;
    }
    const own = [{ ...hit, arrived: clock }];
    let held = state.admit(own);
    while (!('release' in held)) {
      await drain();
      held = state.admit(own);
    }
    await state.record(own, held);
  }
  await state.end();
  let next: Micros | undefined;
  do {
    next = await state.close(FOREVER);
    await drain();
  } while (next !== undefined);
}

import { aborted } from '../lib/aborted.ts';
import { seconds } from '../lib/time-format.ts';
import type { State } from '../model/state.ts';
import type { Ms } from '../model/time.ts';
import { steadyClock, wallClock } from '../ops/clock.ts';
import type { ProblemLog } from './problem-log.ts';
import type { RequestsInFlight } from './requests-in-flight.ts';
import { singleFlight } from './single-flight.ts';
import type { StartedPart } from './started-parts.ts';

const CLOSE_EVERY = seconds(1);
/** A step that takes longer does not come to its end: even thousands of due windows take seconds. */
const CLOSE_MAX = seconds(120);

export interface WindowClosing extends StartedPart {
  /** Why it does not do its work; undefined while it does, and after its stop. */
  fault(): string | undefined;
}

/** Closes windows when they are due. */
export function startWindowClosing(
  state: State,
  requests: RequestsInFlight,
  problems: ProblemLog,
  clock: () => Ms = steadyClock,
): WindowClosing {
  let last = clock();
  let stopped = false;
  const closing = singleFlight(
    async () => {
      await state.close(requests.settled(wallClock()));
      last = clock();
    },
    ({ stack }) =>
      problems.report(
        'windows were not closed because of a bug in Sidewatch, please report it',
        String(stack),
      ),
  );
  const timer = setInterval(closing.begin, CLOSE_EVERY);
  return {
    fault() {
      const since = clock() - last;
      if (stopped || since <= CLOSE_MAX) return undefined;
      return `windows that were due have not been closed for ${Math.floor(since / 1000)} seconds`;
    },
    async stop(by) {
      stopped = true;
      clearInterval(timer);
      await Promise.race([closing.settled(), aborted(by)]);
    },
  };
}

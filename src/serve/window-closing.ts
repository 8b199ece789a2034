import { aborted } from '../lib/aborted.ts';
import { seconds } from '../lib/time-format.ts';
import type { State } from '../model/state.ts';
import { wallClock } from '../ops/clock.ts';
import type { ProblemLog } from './problem-log.ts';
import type { RequestsInFlight } from './requests-in-flight.ts';
import { singleFlight } from './single-flight.ts';
import type { StartedPart } from './started-parts.ts';

const CLOSE_EVERY = seconds(1);

/** Closes windows when they are due. */
export function startWindowClosing(
  state: State,
  requests: RequestsInFlight,
  problems: ProblemLog,
): StartedPart {
  const closing = singleFlight(
    () => state.close(requests.settled(wallClock())),
    ({ stack }) =>
      problems.report(
        'windows were not closed because of a bug in Sidewatch, please report it',
        String(stack),
      ),
  );
  const timer = setInterval(closing.begin, CLOSE_EVERY);
  return {
    async stop(by) {
      clearInterval(timer);
      await Promise.race([closing.settled(), aborted(by)]);
    },
  };
}

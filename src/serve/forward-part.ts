import type { Config } from '../config/schema.ts';
import { forwarding } from '../forward/forwarding.ts';
import type { NextHop } from '../forward/next-hop.ts';
import type { Counters } from '../model/counters.ts';
import type { Forward } from '../model/forward.ts';
import type { State } from '../model/state.ts';
import type { Ms } from '../model/time.ts';
import { steadyClock, wallClock } from '../ops/clock.ts';
import type { ProblemLog } from './problem-log.ts';
import type { StartedPart } from './started-parts.ts';

/** The next hop of a running service. It is stopped after the receivers. */
export function forwardPart(
  hop: NextHop,
  { forward: { timeout, keep, annotate } }: Config,
  around: { readonly state: State; readonly counters: Counters; readonly problems: ProblemLog },
  took: (time: Ms) => void,
): StartedPart & { readonly forward: Forward } {
  const { state, counters, problems } = around;
  const timed: Pick<NextHop, 'send' | 'takesJson'> = {
    takesJson: hop.takesJson,
    async send(...message) {
      const began = steadyClock();
      try {
        return await hop.send(...message);
      } finally {
        took((steadyClock() - began) as Ms);
      }
    },
  };
  return {
    forward: forwarding(
      timed,
      { timeout, keep, annotate, report: problems.report },
      { preview: (hits) => state.preview(hits), counters, clock: wallClock },
    ),
    stop: () => hop.stop(),
  };
}

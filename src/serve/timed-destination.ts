import type { Destination } from '../model/risk.ts';
import type { Ms } from '../model/time.ts';

/** The same destination, with a report of how long each delivery attempt took. */
export function timedDestination(
  destination: Destination,
  clock: () => Ms,
  attempted: (name: string, took: Ms) => void,
): Destination {
  return {
    name: destination.name,
    target: destination.target,
    ...(destination.requestKey && { requestKey: destination.requestKey }),
    async send(events, by) {
      const began = clock();
      try {
        return await destination.send(events, by);
      } finally {
        attempted(destination.name, (clock() - began) as Ms);
      }
    },
    stop: () => destination.stop(),
  };
}

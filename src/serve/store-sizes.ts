import { seconds } from '../lib/time-format.ts';
import { startPeriodic } from './periodic.ts';
import type { ServiceState, StoreSizes } from './service-state.ts';
import type { StartedPart } from './started-parts.ts';

const EVERY = seconds(15);

export interface MeasuredStore extends StartedPart {
  /** As they were at the last look. */
  readonly last: StoreSizes | undefined;
}

/** Looks at the sizes of a store now and then: the store has more important work than to answer each scrape. */
export function startMeasuringStore(sizes: NonNullable<ServiceState['sizes']>): MeasuredStore {
  let last: StoreSizes | undefined;
  const look = async () => {
    try {
      last = await sizes();
    } catch {
      // They stay as they were known; the log has the fault.
    }
  };
  void look();
  const { stop } = startPeriodic(EVERY, () => void look());
  return {
    stop,
    get last() {
      return last;
    },
  };
}

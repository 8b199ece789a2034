import type { QueueOptions } from '../config/target.ts';
import type { WindowState } from '../correlate/window-state.ts';
import type { Readiness } from '../model/readiness.ts';
import { wallClock } from '../ops/clock.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import type { LoopMonitor } from '../ops/loop-delay.ts';
import type { ClusterTimes } from '../telemetry/cluster-times.ts';
import type { MetricSources } from '../telemetry/meters.ts';
import { partsLeftOut } from './left-out.ts';
import type { RulesInForce } from './rules-in-force.ts';
import type { MeasuredStore } from './store-sizes.ts';

/** The parts of a service that metrics are read from. */
export interface MeasuredParts {
  readonly counters: ReadableCounters;
  readonly inForce: RulesInForce;
  readonly state: WindowState;
  readonly bytesMax: number;
  readonly store: MeasuredStore | undefined;
  /** By destination. */
  readonly queues: ReadonlyMap<string, QueueOptions>;
  readonly clusters: ClusterTimes;
  readonly loop: LoopMonitor;
  readonly readiness: Readiness;
}

export function metricSources(parts: MeasuredParts): MetricSources {
  const { counters, inForce, state, bytesMax, store, queues, clusters, loop, readiness } = parts;
  const { outbox } = state;
  return {
    counts: counters.counts,
    ruleName: inForce.ruleName,
    get rules() {
      return inForce.loaded.rules.filter(({ silent }) => !silent);
    },
    get rulesCount() {
      const { rules, ruleSet } = inForce.loaded;
      return {
        inForce: rules.length,
        off: ruleSet.off.length,
        leftOut: partsLeftOut(ruleSet.leftOut),
      };
    },
    get destinations() {
      return [...queues].map(([name, { size }]) => ({
        name,
        waiting: outbox.left(name),
        capacity: size,
        oldest: outbox.oldest(name),
      }));
    },
    get held() {
      return state.held;
    },
    bytesMax,
    get store() {
      return store?.last;
    },
    get clusters() {
      return clusters.all;
    },
    get loopDelay() {
      return loop.delay;
    },
    get ready() {
      return readiness.now().ready;
    },
    clock: wallClock,
  };
}

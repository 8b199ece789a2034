import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Ms } from '../model/time.ts';

/** How often a timer of the monitor should fire; it measures how late it does. */
const RESOLUTION = 20;

export interface LoopDelay {
  /** The longest delay in this span and the one before. */
  readonly max: Ms;
  /** The 99th percentile, the higher one of both spans. */
  readonly p99: Ms;
}

/** Measures how long the event loop was held. `next` begins a span, so that a peak is shown for one or two of them. */
export interface LoopMonitor {
  readonly delay: LoopDelay;
  next(): void;
  stop(): void;
}

export function monitorLoop(): LoopMonitor {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  let before: LoopDelay = { max: 0 as Ms, p99: 0 as Ms };
  const now = (): LoopDelay =>
    histogram.count === 0
      ? { max: 0 as Ms, p99: 0 as Ms }
      : { max: beyond(histogram.max), p99: beyond(histogram.percentile(99)) };
  return {
    get delay() {
      const { max, p99 } = now();
      return { max: Math.max(max, before.max) as Ms, p99: Math.max(p99, before.p99) as Ms };
    },
    next() {
      before = now();
      histogram.reset();
    },
    stop: () => void histogram.disable(),
  };
}

/** What the monitor counts in ns includes the pause that it wants. */
const beyond = (nanos: number): Ms => Math.max(0, nanos / 1e6 - RESOLUTION) as Ms;

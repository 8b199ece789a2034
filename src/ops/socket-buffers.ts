import { getHeapStatistics } from 'node:v8';
import { collectYoung } from './memory-use.ts';

/** So much may grow outside the heap before the young generation is collected, in bytes. */
const GROWTH_MAX = 8 * 2 ** 20;

/** Memory, as the collection of buffers sees it. */
interface OutsideHeap {
  /** Bytes outside the heap that objects in it hold. */
  readonly measure: () => number;
  readonly collect: () => void;
}

const PROCESS: OutsideHeap = { measure: () => getHeapStatistics().external_memory, collect: collectYoung };

/**
 * Gives a function to be called after each request. What a socket reads lies in buffers outside the heap, which V8 does not
 * count for the young generation: where rules leave little on the heap, it collects the whole heap after each 64 MB of them.
 * Collecting the young generation frees them in a millisecond (docs/performance.md).
 */
export function freesSocketBuffers({ measure, collect } = PROCESS): () => void {
  let least = Number.POSITIVE_INFINITY;
  return () => {
    const held = measure();
    least = Math.min(least, held);
    if (held - least < GROWTH_MAX) return;
    collect();
    // Not the least so far: what grew and is in use must not be collected for again.
    least = measure();
  };
}

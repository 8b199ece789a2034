import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Bytes of the heap and of the buffers outside it. Not the resident set: after a peak V8 keeps its pages for later use, so
 * that never falls, and a limit on it would refuse requests for ever.
 */
export function memoryInUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

type Collect = (options?: { readonly type: 'minor' | 'major' }) => void;

let collect: Collect | undefined;

/** A full garbage collection, at once. It stops everything else for a tenth of a second or more. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  collect();
  // Buffers that the first one found are freed beside it; the figures count them as free after the next collection.
  collect({ type: 'minor' });
}

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

type Collect = (options?: { readonly type: 'minor' | 'major'; readonly flavor?: 'last-resort' }) => void;

let exposed: Collect | undefined;

function collector(): Collect {
  if (exposed === undefined) {
    setFlagsFromString('--expose-gc');
    exposed = runInNewContext('gc') as Collect;
  }
  return exposed;
}

/** A full garbage collection, at once. It stops everything else for a tenth of a second or more. */
export function collectGarbage(): void {
  collector()();
  // Buffers that the first one found are freed beside it; the figures count them as free after the next collection.
  collectYoung();
}

/** After a start: gives the pages back that loading has used, also those that V8 would keep. It takes a tenth of a second. */
export function shrinkHeap(): void {
  collector()({ type: 'major', flavor: 'last-resort' });
}

/** Collects what was allocated since the last collection, at once: a millisecond. */
export function collectYoung(): void {
  collector()({ type: 'minor' });
}

import type { Micros } from '../../../src/model/time.ts';
import { request } from '../../support/events.ts';
import { given, tell } from '../harness/child.ts';
import { detectorOf } from '../harness/detector.ts';
import { fromTree } from '../harness/tree.ts';
import { readFrames } from '../inputs/frames.ts';

export interface WaitingArgs {
  readonly tree: string;
  /** A file of requests with scans. */
  readonly requests: string;
}

// What a risk event takes up while it waits: the heap with all of them less the heap after their delivery. --expose-gc.
const { tree, requests } = given<WaitingArgs>();
const OUTBOX = 100_000;

function heap(): number {
  globalThis.gc!();
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

await tell(async () => {
  const { detector, rules, counters } = await detectorOf(tree, 'pack');
  const { read } = await fromTree<typeof import('../../../src/audit/read.ts')>(tree, 'audit/read.ts', 'read');
  const { pipeline } = await fromTree<typeof import('../../../src/pipeline.ts')>(
    tree,
    'pipeline.ts',
    'pipeline',
  );
  const { MemoryState } = await fromTree<typeof import('../../../src/correlate/memory-state.ts')>(
    tree,
    'correlate/memory-state.ts',
    'MemoryState',
  );
  const { renderer } = await fromTree<typeof import('../../../src/risk/render.ts')>(
    tree,
    'risk/render.ts',
    'renderer',
  );
  const state = new MemoryState({
    limits: { groups: 10_000, bytes: 128 * 2 ** 20, values: 1000 },
    counters,
    destinations: ['bench'],
    outbox: OUTBOX,
  });
  await state.use(rules, renderer(rules, {}, counters));
  const handle = pipeline(read, () => detector, state, counters);
  for (const body of readFrames(requests)) {
    const { kind } = await handle(request(body, 'otlp', (Date.now() * 1000) as Micros));
    if (kind !== 'accepted') throw new Error(`the request was ${kind}`);
  }
  const events = state.outbox.size;
  const waiting = heap();
  while (state.outbox.size > 0) {
    const taken = await state.outbox.take('bench', 1000);
    await state.outbox.settle(
      'bench',
      taken.map(({ seq }) => seq),
      'delivered',
    );
  }
  return { events, each: (waiting - heap()) / events };
});

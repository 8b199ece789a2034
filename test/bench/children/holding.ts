import { aHit, aRule, asEvent, tumbling } from '../../support/hits.ts';
import { given, tell } from '../harness/child.ts';
import { peakMegabytes } from '../harness/timed.ts';
import { fromTree } from '../harness/tree.ts';

export interface HoldingArgs {
  readonly tree: string;
  readonly how: 'sliding' | 'tumbling';
  /** Of each group. */
  readonly hits: number;
}

// What open groups take up: node --expose-gc.
const { tree, how, hits } = given<HoldingArgs>();
const GROUPS = 10_000;
const START = 1_800_000_000_000_000;
const APART = 1_000_000;

function heap(): number {
  globalThis.gc!();
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

await tell(async () => {
  const { MemoryState } = await fromTree<typeof import('../../../src/correlate/memory-state.ts')>(
    tree,
    'correlate/memory-state.ts',
    'MemoryState',
  );
  const state = new MemoryState({
    limits: { groups: GROUPS, bytes: 2 ** 32, values: 1000 },
    counters: { add() {} },
    destinations: ['bench'],
    outbox: 1_000_000,
  });
  await state.use([how === 'tumbling' ? aRule({ window: tumbling, emit: 'close' }) : aRule()], asEvent);
  const before = heap();
  for (let n = 0; n < hits * GROUPS; n++) {
    const i = n % GROUPS;
    // Texts that nothing else holds, as they come from bytes.
    const group = [`192.${i >> 16}.${(i >> 8) & 255}.${i & 255}`];
    const values = {
      verb: [['get', 'list', 'watch'][n % 3]!],
      requestURI: [`/api/v1/namespaces/${n % 20}/pods`],
    };
    const batch = [aHit(START + Math.floor(n / GROUPS) * APART, { group, values })];
    const held = state.admit(batch);
    if (!('release' in held)) throw new Error(held.why);
    await state.record(batch, held);
    if (state.outbox.size < 1000) continue;
    const taken = await state.outbox.take('bench', 1000);
    await state.outbox.settle(
      'bench',
      taken.map(({ seq }) => seq),
      'delivered',
    );
  }
  const used = heap() - before;
  return {
    heap: used / state.held.groups,
    counted: state.held.bytes / state.held.groups,
    groups: state.held.groups,
    peak: peakMegabytes(),
  };
});

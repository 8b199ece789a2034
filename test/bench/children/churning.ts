import type { Hit } from '../../../src/model/hit.ts';
import type { Micros } from '../../../src/model/time.ts';
import { aHit, aRule, asEvent, tumbling } from '../../support/hits.ts';
import { given, tell } from '../harness/child.ts';
import { timed } from '../harness/timed.ts';
import { fromTree } from '../harness/tree.ts';

export interface ChurningArgs {
  readonly tree: string;
  /** map: a count by group in a Map, the baseline. */
  readonly how: 'map' | 'sliding' | 'tumbling';
  /** Groups that take turns; a rule holds LIMIT of them. */
  readonly groups: number;
}

// Hits into windows, with time going on by a millisecond a hit.
const { tree, how, groups } = given<ChurningArgs>();
const LIMIT = 10_000;
const BATCH = 100;
const PASS = 20_000;
const START = 1_800_000_000_000_000;

const addresses = Array.from({ length: groups }, (_, i) => `192.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
const template = aHit(START);
let made = 0;

function nextHit(): Hit {
  const at = (START + made * 1000) as Micros;
  const address = addresses[made % groups]!;
  return { ...template, identity: `hit-${made++}`, at, arrived: at, group: [address], payer: address };
}

function counting(): (batch: readonly Hit[]) => void {
  const counts = new Map<string, number>();
  return (batch) => {
    for (const { group } of batch) counts.set(group[0]!, (counts.get(group[0]!) ?? 0) + 1);
  };
}

async function windows(): Promise<(batch: readonly Hit[]) => Promise<void>> {
  const { MemoryState } = await fromTree<typeof import('../../../src/correlate/memory-state.ts')>(
    tree,
    'correlate/memory-state.ts',
    'MemoryState',
  );
  const state = new MemoryState({
    limits: { groups: LIMIT, bytes: 128 * 2 ** 20, values: 1000 },
    counters: { add() {} },
    destinations: ['bench'],
    outbox: 1_000_000,
  });
  await state.use([how === 'tumbling' ? aRule({ window: tumbling, emit: 'close' }) : aRule()], asEvent);
  return async (batch) => {
    const held = state.admit(batch);
    if (!('release' in held)) throw new Error(held.why);
    await state.record(batch, held);
    if (made % 1000 === 0) await state.close(batch.at(-1)!.at);
    if (state.outbox.size === 0) return;
    const taken = await state.outbox.take('bench', 1_000_000);
    await state.outbox.settle(
      'bench',
      taken.map(({ seq }) => seq),
      'delivered',
    );
  };
}

await tell(async () => {
  const record = how === 'map' ? counting() : await windows();
  return timed({ records: PASS, bytes: 0 }, async () => {
    for (let i = 0; i < PASS; i += BATCH) await record(Array.from({ length: BATCH }, nextHit));
  });
});

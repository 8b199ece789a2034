import { digest } from '../../../src/lib/digest.ts';
import { FACTS, type Hit, type Values } from '../../../src/model/hit.ts';
import type { Rule } from '../../../src/model/rule.ts';
import type { State } from '../../../src/model/state.ts';
import { aHit, aRule, asEvent, tumbling } from '../../support/hits.ts';
import { given, tell } from '../harness/child.ts';
import { peakMegabytes } from '../harness/timed.ts';
import { fromTree } from '../harness/tree.ts';

export interface HoldingArgs {
  readonly tree: string;
  /** both: sliding, with a summary to come. */
  readonly how: 'sliding' | 'both' | 'tumbling';
  readonly groups: number;
  /** Of each group. */
  readonly hits: number;
}

// What open groups take up: node --expose-gc.
const { tree, how, groups, hits } = given<HoldingArgs>();
const START = 1_800_000_000_000_000;
const APART = 1_000_000;
const BATCH = 100;
const RULES: Readonly<Record<HoldingArgs['how'], Partial<Rule>>> = {
  sliding: {},
  both: { emit: 'both' },
  tumbling: { window: tumbling, emit: 'close' },
};

function heap(): number {
  globalThis.gc!();
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

/** Texts that come again and again are the same objects, as in hits that are made of events. */
const shared = new Map<string, readonly string[]>();
function list(text: string): readonly string[] {
  const known = shared.get(text) ?? [text];
  shared.set(text, known);
  return known;
}

/** A text that nothing else holds, as it comes from bytes; what is put together keeps its parts in memory. */
const fromBytes = (text: string): string => Buffer.from(text).toString('latin1');

/** All that a hit carries: the facts that every risk event shows, and what the rule collects. */
function valuesOf(n: number, address: string): Values {
  const uri = fromBytes(`/api/v1/namespaces/${n % 20}/pods`);
  const verb = ['get', 'list', 'watch'][n % 3]!;
  const values: Record<string, readonly string[]> = {};
  for (const fact of Object.values(FACTS)) values[fact] = list('');
  delete values[FACTS.claimed];
  delete values[FACTS.seconds];
  delete values[FACTS.fallback];
  delete values[FACTS.cut];
  values[FACTS.auditId] = [fromBytes(`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`)];
  values[FACTS.client] = [address];
  values[FACTS.user] = list('system:anonymous');
  values[FACTS.agent] = list('curl/8.5.0');
  values[FACTS.method] = list('GET');
  values[FACTS.code] = list('403');
  values[FACTS.path] = list(uri);
  values[FACTS.verb] = list(verb);
  values[FACTS.namespace] = list(String(n % 20));
  values[FACTS.resource] = list('pods');
  values['verb'] = list(verb);
  values['requestURI'] = list(uri);
  values['user.groups'] = list('system:unauthenticated');
  return values;
}

function nth(n: number): Hit {
  const i = n % groups;
  const address = fromBytes(`${11 + (i >> 16)}.${(i * 7919) & 255}.${(i >> 8) & 255}.${i & 255}`);
  const payer = fromBytes(address.replace(/\d+$/, '0/24'));
  return aHit(START + Math.floor(n / groups) * APART, {
    identity: digest([n]),
    group: [address],
    payer,
    values: valuesOf(n, address),
  });
}

async function drain({ outbox }: State): Promise<void> {
  while (outbox.size > 0) {
    const taken = await outbox.take('bench', 1000);
    await outbox.settle(
      'bench',
      taken.map(({ seq }) => seq),
      'delivered',
    );
  }
}

await tell(async () => {
  const { MemoryState } = await fromTree<typeof import('../../../src/correlate/memory-state.ts')>(
    tree,
    'correlate/memory-state.ts',
    'MemoryState',
  );
  const state = new MemoryState({
    limits: { groups, bytes: 2 ** 40, values: 1000 },
    counters: { add() {} },
    destinations: ['bench'],
    outbox: 1_000_000,
  });
  await state.use([aRule(RULES[how])], asEvent);
  const before = heap();
  for (let n = 0; n < hits * groups; n += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i) => nth(n + i));
    const held = state.admit(batch);
    if (!('release' in held)) throw new Error(held.why);
    await state.record(batch, held);
    if (state.outbox.size > 1000 || n + BATCH >= hits * groups) await drain(state);
  }
  const used = heap() - before;
  return {
    heap: used / state.held.groups,
    counted: state.held.bytes / state.held.groups,
    groups: state.held.groups,
    peak: peakMegabytes(),
  };
});

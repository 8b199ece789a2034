import type { Micros } from '../../../src/model/time.ts';
import { request } from '../../support/events.ts';
import { given, tell } from '../harness/child.ts';
import { detectorOf } from '../harness/detector.ts';
import { timed } from '../harness/timed.ts';
import { fromTree } from '../harness/tree.ts';
import { readFrames } from '../inputs/frames.ts';

export interface HittingArgs {
  readonly tree: string;
  /** match: events read and matched. hits: that, and the hits made. windows: all that `serve` does, risk events rendered. */
  readonly how: 'match' | 'hits' | 'windows';
  readonly requests: string;
  readonly records: number;
  readonly bytes: number;
}

// The hit path: every record is a new hit.
const args = given<HittingArgs>();
const { tree, how } = args;
const arrived = (Date.now() * 1000) as Micros;
const MARK = '"auditID":"00000000-0000-4000-8000-';
const DIGITS = 12;

/** Where the numbers are that tell one hit's request from another's. */
function numbersIn(body: Buffer): readonly number[] {
  const found: number[] = [];
  for (let at = body.indexOf(MARK); at >= 0; at = body.indexOf(MARK, at + 1)) found.push(at + MARK.length);
  return found;
}

const bodies = readFrames(args.requests).map((body) => ({ body, numbers: numbersIn(body) }));
let made = 0;

/** A repeat of a request is no hit, so each pass makes new ones of the same bytes. */
function renumber({ body, numbers }: (typeof bodies)[number]): void {
  for (const at of numbers) body.write(String(made++).padStart(DIGITS, '0'), at, 'latin1');
}

async function handler(): Promise<(body: Uint8Array) => Promise<unknown>> {
  const { detector, rules, counters } = await detectorOf(tree);
  const { read } = await fromTree<typeof import('../../../src/audit/read.ts')>(tree, 'audit/read.ts', 'read');
  if (how === 'match') {
    const { plan, matcher, derived } = detector;
    const nothing = () => {};
    return async (body) =>
      read(request(body, 'otlp', arrived), plan, (event) => matcher.match(event, derived, nothing));
  }
  const { find, pipeline } = await fromTree<typeof import('../../../src/pipeline.ts')>(
    tree,
    'pipeline.ts',
    'find',
    'pipeline',
  );
  if (how === 'hits') return (body) => find(request(body, 'otlp', arrived), read, detector, counters);

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
    outbox: 100_000,
  });
  await state.use(rules, renderer(rules, {}, counters));
  const handle = pipeline(read, () => detector, state, counters);
  return async (body) => {
    const { kind } = await handle(request(body, 'otlp', arrived));
    if (kind !== 'accepted') throw new Error(`the request was ${kind}`);
    if (state.outbox.size === 0) return;
    const taken = await state.outbox.take('bench', 1000);
    await state.outbox.settle(
      'bench',
      taken.map(({ seq }) => seq),
      'delivered',
    );
  };
}

await tell(async () => {
  const handle = await handler();
  return timed(args, async () => {
    for (const one of bodies) {
      renumber(one);
      await handle(one.body);
    }
  });
});

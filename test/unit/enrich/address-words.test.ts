import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ADDRESS_WORDS, addressWords } from '../../../src/enrich/address-words.ts';
import { normalise } from '../../../src/lib/address.ts';

const words = new Int32Array(ADDRESS_WORDS);
function hex(address: string): string {
  const bits = addressWords(address, words);
  return Array.from(words.subarray(0, bits / 32), (word) => (word >>> 0).toString(16).padStart(8, '0')).join(
    '',
  );
}

test.each([
  ['0.0.0.0', '00000000'],
  ['255.255.255.255', 'ffffffff'],
  ['81.2.69.142', '5102458e'],
  ['::', '00000000000000000000000000000000'],
  ['::1', '00000000000000000000000000000001'],
  ['1::', '00010000000000000000000000000000'],
  ['2001:db8::ff00:42:8329', '20010db8000000000000ff0000428329'],
  ['fe80:1:2:3:4:5:6:7', 'fe800001000200030004000500060007'],
])('%s is the bits %s', (address, bits) => {
  expect(hex(address)).toBe(bits);
});

test('the bits are those that the address was made from', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 }),
      (groups) => {
        const address = normalise(groups.map((group) => group.toString(16)).join(':'))!;
        fc.pre(address.includes(':'));
        expect(hex(address)).toBe(groups.map((group) => group.toString(16).padStart(4, '0')).join(''));
      },
    ),
  );
});

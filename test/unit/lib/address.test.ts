import { describe, expect, test } from 'vitest';
import { family, network, normalise, parseNetwork } from '../../../src/lib/address.ts';

test.each([
  ['192.0.2.1', 4],
  ['2001:db8::1', 6],
  ['::ffff:192.0.2.1', 6],
  ['', undefined],
  ['192.0.2', undefined],
  ['192.0.2.256', undefined],
  ['192.0.2.01', undefined],
  ['192.0.2.1:443', undefined],
  ['[2001:db8::1]', undefined],
  ['example.org', undefined],
])('the family of %j is %s', (address, expected) => {
  expect(family(address)).toBe(expected);
});

describe('one address has one text', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:db8::', '2001:db8::'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is %s', (address, expected) => {
    expect(normalise(address)).toBe(expected);
  });

  test.each(['', 'localhost', '192.0.2.1/24', 'fe80::1%eth0', '1:2:3', ' 192.0.2.1'])(
    '%j is no address',
    (address) => {
      expect(normalise(address)).toBeUndefined();
    },
  );
});

describe('the network of an address', () => {
  test.each([
    ['192.0.2.129', 24, '192.0.2.0/24'],
    ['192.0.2.129', 25, '192.0.2.128/25'],
    ['192.0.2.129', 32, '192.0.2.129/32'],
    ['192.0.2.129', 0, '0.0.0.0/0'],
    ['2001:db8:1:2:3:4:5:6', 64, '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4:5:6', 32, '2001:db8::/32'],
    ['2001:db8:1:ffff:3:4:5:6', 52, '2001:db8:1:f000::/52'],
    ['2001:db8::1', 128, '2001:db8::1/128'],
    ['2001:db8::1', 0, '::/0'],
  ])('%s/%i is %s', (address, bits, expected) => {
    expect(network(address, bits)).toBe(expected);
  });
});

describe('a network in CIDR form', () => {
  test.each([
    ['10.0.0.0/8', { address: '10.0.0.0', bits: 8, family: 'ipv4' }],
    ['10.1.2.3/8', { address: '10.1.2.3', bits: 8, family: 'ipv4' }],
    ['192.0.2.1', { address: '192.0.2.1', bits: 32, family: 'ipv4' }],
    ['2001:db8::/32', { address: '2001:db8::', bits: 32, family: 'ipv6' }],
    ['::1', { address: '::1', bits: 128, family: 'ipv6' }],
    ['0.0.0.0/0', { address: '0.0.0.0', bits: 0, family: 'ipv4' }],
  ])('can be %s', (text, expected) => {
    expect(parseNetwork(text)).toEqual(expected);
  });

  test.each([
    '',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '2001:db8::/129',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    'fe80::1%eth0',
    'pods',
  ])('cannot be %j', (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });
});

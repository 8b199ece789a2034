import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { networks } from '../../../src/lib/networks.ts';

describe('a set of networks', () => {
  const set = networks(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32']);

  test.each([
    ['10.255.0.1', true],
    ['11.0.0.1', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['2001:db8:ffff::1', true],
    ['2001:db9::1', false],
    ['::ffff:10.0.0.1', true],
    ['no address', false],
    ['', false],
  ])('%j: %s', (address, expected) => {
    expect(set.contains(address)).toBe(expected);
  });

  test('is empty by default', () => {
    expect(networks([]).contains('10.0.0.1')).toBe(false);
  });

  test('is not made of what is no network', () => {
    expect(() => networks(['10.0.0.0/8', 'pods'])).toThrow('pods is neither an address nor a network');
  });
});

describe('addresses of IPv4 and of IPv6', () => {
  test.each([
    ['::/0', '10.0.0.1', false],
    ['::/0', '::1', true],
    ['::/64', '10.0.0.1', false],
    ['0.0.0.0/0', '10.0.0.1', true],
    ['0.0.0.0/0', '::1', false],
    ['::ffff:0:0/96', '10.0.0.1', true],
    ['::ffff:10.0.0.0/104', '10.255.0.1', true],
    ['::ffff:10.0.0.0/104', '11.0.0.1', false],
    ['::ffff:10.0.0.7', '10.0.0.7', true],
    ['10.1.2.3/8', '::ffff:10.9.9.9', true],
  ])('%s, %s: %s', (network, address, expected) => {
    expect(networks([network]).contains(address)).toBe(expected);
  });
});

test('it says of addresses of one family what node:net says', () => {
  const families = {
    ipv4: fc
      .array(fc.constantFrom(0, 1, 127, 128, 254, 255), { minLength: 4, maxLength: 4 })
      .map((parts) => parts.join('.')),
    ipv6: fc
      .array(fc.constantFrom(0, 1, 0x7fff, 0x8000, 0xffff), { minLength: 8, maxLength: 8 })
      .map(([first, ...parts]) => [first! | 0x2000, ...parts].map((part) => part.toString(16)).join(':')),
  };
  const each = (['ipv4', 'ipv6'] as const).map((family) => {
    const bits = fc.integer({ min: 0, max: family === 'ipv4' ? 32 : 128 });
    return fc.record({
      family: fc.constant(family),
      networks: fc.array(fc.tuple(families[family], bits), { maxLength: 5 }),
      address: families[family],
    });
  });
  fc.assert(
    fc.property(fc.oneof(...each), ({ family, networks: given, address }) => {
      const list = new BlockList();
      for (const [network, bits] of given) list.addSubnet(network, bits, family);
      expect(networks(given.map(([network, bits]) => `${network}/${bits}`)).contains(address)).toBe(
        list.check(address, family),
      );
    }),
    { numRuns: 500 },
  );
});

import { expect, test } from 'vitest';
import { clientAmong, TRUSTED_HOPS_MAX } from '../../../src/enrich/client.ts';
import { type Networks, networks } from '../../../src/lib/networks.ts';
import { CLAIMED_MAX } from '../../../src/model/bounds.ts';

const clientOf = (sourceIPs: readonly string[], trusted: Networks) =>
  clientAmong(sourceIPs.length, (i) => sourceIPs[i], trusted);
const none = networks([]);
const proxies = networks(['10.0.0.0/8', 'fd00::/8']);

test.each([
  [
    'the last entry is the client where no proxy is trusted',
    none,
    ['8.8.8.8', '10.0.0.1', '192.0.2.9'],
    '192.0.2.9',
    ['8.8.8.8', '10.0.0.1'],
  ],
  [
    'trusted proxies on the right are skipped',
    proxies,
    ['8.8.8.8', '192.0.2.9', '10.0.0.2', '10.0.0.1'],
    '192.0.2.9',
    ['8.8.8.8'],
  ],
  [
    'a trusted address left of the client is a claim like any other',
    proxies,
    ['10.9.9.9', '192.0.2.9', '10.0.0.1'],
    '192.0.2.9',
    ['10.9.9.9'],
  ],
  [
    'the peer is the client where all are trusted',
    proxies,
    ['10.0.0.3', '10.0.0.2', '10.0.0.1'],
    '10.0.0.1',
    ['10.0.0.3', '10.0.0.2'],
  ],
  ['one trusted peer alone is the client', proxies, ['10.0.0.1'], '10.0.0.1', []],
  ['addresses are normalised', none, ['2001:DB8:0:0::2', '::FFFF:192.0.2.9'], '192.0.2.9', ['2001:db8::2']],
  ['an IPv4 proxy written as IPv6 is trusted', proxies, ['192.0.2.9', '::ffff:10.0.0.1'], '192.0.2.9', []],
  [
    'text that is no address is not trusted and stays as it is',
    proxies,
    ['192.0.2.9', 'Proxy-1', '10.0.0.1'],
    'Proxy-1',
    ['192.0.2.9'],
  ],
  ['an address with a zone is text', proxies, ['192.0.2.9', 'fd00::1%eth0'], 'fd00::1%eth0', ['192.0.2.9']],
  ['empty entries name nobody', proxies, ['', '192.0.2.9', '', '10.0.0.1', ''], '192.0.2.9', []],
])('%s', (_, trusted, sourceIPs, address, claimed) => {
  expect(clientOf(sourceIPs, trusted)).toEqual({ address, claimed });
});

test.each([[[]], [['', '']]])('no entries, no client: %j', (sourceIPs: string[]) => {
  expect(clientOf(sourceIPs, none)).toBeUndefined();
});

test('of many claims those next to the client are kept, in their order', () => {
  const claims = Array.from({ length: 40 }, (_, i) => `203.0.113.${i}`);
  expect(clientOf([...claims, '192.0.2.9'], none)?.claimed).toEqual(claims.slice(-CLAIMED_MAX));
});

test('a chain of trusted proxies longer than any real one leads to the peer', () => {
  const chain = (length: number) => Array.from({ length }, (_, i) => `10.0.1.${i}`);
  const longest = ['192.0.2.9', ...chain(TRUSTED_HOPS_MAX - 1)];
  expect(clientOf(longest, proxies)?.address).toBe('192.0.2.9');
  const longer = ['192.0.2.9', ...chain(TRUSTED_HOPS_MAX)];
  expect(clientOf(longer, proxies)?.address).toBe(longer.at(-1));
});

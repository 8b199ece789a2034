import { describe, expect, test } from 'vitest';
import type { RiskEvent } from '../../src/model/risk.ts';
import type { Engine } from '../support/engine.ts';
import { attackedScan, attempt, SCANNING, sent } from './attacked.ts';

// FUZZ=100 (npm run fuzz) sends a million clients, with the bounds of the default configuration.
const FULL = process.env['FUZZ'] !== undefined;
const CLIENTS = FULL ? 1_000_000 : 20_000;
const GROUPS = FULL ? 10_000 : 200;
const STATE = FULL ? 128 : 1;
const limits = `limits: {groups: ${GROUPS}, state_mib: ${STATE}}\ngeo: {city: none}`;

const BATCH = 200;
const SCANNER = '198.51.100.7';
const REQUESTS = 6;

/** All clients of a flood make one request each; in between, six times, the scanner makes one. Gives all that fires. */
async function bomb(
  sidewatch: Engine,
  client: (i: number) => string,
  scanner = SCANNER,
): Promise<readonly RiskEvent[]> {
  const all: RiskEvent[] = [];
  const every = CLIENTS / REQUESTS;
  let scanned = 0;
  for (let i = 0; i < CLIENTS; i += BATCH) {
    const flood = Array.from({ length: BATCH }, (_, j) => attempt(i + j, [client(i + j)], odd(i + j)));
    if (i >= scanned * every && scanned++ < REQUESTS) flood.push(attempt(i, [scanner]));
    await sent(sidewatch, flood);
    all.push(...(await sidewatch.fired()));
    expect(sidewatch.held.groups).toBeLessThanOrEqual(GROUPS);
    expect(sidewatch.held.bytes).toBeLessThanOrEqual(STATE * 2 ** 20);
  }
  return all;
}

/** Paths and agents that nobody else has. */
const odd = (i: number) => ({ userAgent: `agent-${i}`, requestURI: `/${i}` });
const hex = (i: number) => i.toString(16);
/** One /32 has as many /64 as IPv4 has addresses. */
const oneNetwork = (i: number) => `2001:db8:${hex(i >> 16)}:${hex(i & 65535)}::1`;

const scans = (all: readonly RiskEvent[]) =>
  all.filter(
    ({ name, attributes }) => name === 'sidewatch.risk' && attributes['security_rule.name'] === SCANNING,
  );

describe('cardinality bomb', () => {
  test('clients of one network without end: the scan of another network is found, and so is the flood', async () => {
    const sidewatch = await attackedScan(limits);
    const all = await bomb(sidewatch, oneNetwork);
    expect(scans(all)).toMatchObject([{ attributes: { 'client.address': SCANNER } }]);
    const [flood] = all.filter(({ name }) => name === 'sidewatch.overflow');
    expect(flood?.attributes).toMatchObject({ 'sidewatch.overflow.network': '2001:db8::/32' });
    expect(sidewatch.counters.of('groups_folded')).toBeGreaterThan(CLIENTS - 2 * GROUPS);
  });

  test('a scan that hides in the flood of its own network: the network is found', async () => {
    const sidewatch = await attackedScan(limits);
    const all = await bomb(sidewatch, oneNetwork, '2001:db8:ffff:ffff::7');
    expect(scans(all)).toEqual([]);
    expect(all).toMatchObject([{ name: 'sidewatch.overflow', severityText: 'medium' }]);
    expect(all[0]!.attributes).toMatchObject({
      'sidewatch.overflow.network': '2001:db8::/32',
      'sidewatch.overflow.groups': REQUESTS,
    });
  });

  test('clients of as many networks: what is held stays in its bounds, and all of them together are found', async () => {
    const sidewatch = await attackedScan(limits);
    const all = await bomb(sidewatch, (i) => `${11 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.1`);
    const floods = all.filter(({ name }) => name === 'sidewatch.overflow');
    expect(floods.length).toBeGreaterThan(0);
    for (const { attributes } of floods) expect(attributes).not.toHaveProperty('sidewatch.overflow.network');
  });
});

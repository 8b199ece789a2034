import { expect, test } from 'vitest';
import type { RiskEvent } from '../../src/model/risk.ts';
import { attacked, attackedScan, attempt, of, risks, rulesOf, SCANNING, SECOND, sent } from './attacked.ts';

const ATTACKER = '198.51.100.7';

/** Where a risk event says who it was: not what the client claimed, and not the values of fields. */
function accused({ body, attributes }: RiskEvent): string {
  const names = Object.keys(attributes).filter(
    (name) => !name.startsWith('sidewatch.values.') && name !== 'sidewatch.client.claimed',
  );
  return JSON.stringify([body, names.map((name) => attributes[name])]);
}

test('spoofed X-Forwarded-For: 100,000 forged addresses make no group, no client and no risk object', async () => {
  const sidewatch = await attackedScan();
  const forged = (i: number) => Array.from({ length: 100 }, (_, j) => `10.${i >> 8}.${i & 255}.${j}`);
  const events = Array.from({ length: 1000 }, (_, i) => attempt(i * 1000, [...forged(i), ATTACKER]));
  for (let i = 0; i < events.length; i += 100) {
    await sent(sidewatch, events.slice(i, i + 100));
    expect(sidewatch.held.groups).toBe(1);
  }
  const found = await risks(sidewatch);
  expect(found).toMatchObject([
    { attributes: { 'client.address': ATTACKER, 'sidewatch.risk.object': ATTACKER } },
  ]);
  expect(accused(found[0]!)).not.toContain('10.');
  expect((found[0]!.attributes['sidewatch.client.claimed'] as string[]).length).toBeLessThanOrEqual(16);
});

test('framing an innocent one: the address that a client claims is accused of nothing, the client is', async () => {
  const sidewatch = await attacked();
  const innocent = '192.0.2.10';
  for (let i = 0; i < 12; i++)
    await sent(sidewatch, [
      attempt(i * SECOND, [...(i % 2 ? [innocent] : []), `192.0.2.${i + 20}`, innocent, ATTACKER]),
    ]);
  const found = await risks(sidewatch);
  expect(rulesOf(found)).toEqual(
    expect.arrayContaining([SCANNING, 'Kubernetes Client Claims Many Addresses']),
  );
  for (const event of found) {
    expect(accused(event)).not.toContain(innocent);
    expect(accused(event)).toContain(ATTACKER);
  }
});

test('Audit-ID reuse: each request counts under one id, and the reuse is found', async () => {
  const sidewatch = await attacked();
  const auditID = '00000000-0000-4000-8000-aaaaaaaaaaaa';
  for (let i = 0; i < 20; i++) await sent(sidewatch, [attempt(i * SECOND, [ATTACKER], { auditID })]);
  const found = await risks(sidewatch);
  expect(of(SCANNING, found)).toHaveLength(1);
  expect(rulesOf(found)).toContain('Kubernetes Audit ID Reused');
});

test('ids that another client has used hide no request: sessions are remembered by all that identifies them', async () => {
  const sidewatch = await attackedScan();
  const watches = (client: string, from: number) =>
    Array.from({ length: 6 }, (_, i) =>
      attempt(from + i * SECOND, [client], {
        auditID: `00000000-0000-4000-8000-bbbbbbbbbbb${i}`,
        requestURI: '/api/v1/pods?watch=true',
        verb: 'watch',
        stage: 'ResponseStarted',
      }),
    );
  await sent(sidewatch, watches('203.0.113.9', 0));
  await risks(sidewatch);
  await sent(sidewatch, watches(ATTACKER, 10 * SECOND));
  expect(of(SCANNING, await risks(sidewatch))).toMatchObject([
    { attributes: { 'client.address': ATTACKER } },
  ]);
});

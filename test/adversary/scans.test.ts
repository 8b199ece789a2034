import { expect, test } from 'vitest';
import {
  attacked,
  attempt,
  HOUR,
  MINUTE,
  of,
  risks,
  rulesOf,
  SCANNING,
  SECOND,
  SLOW_SCAN,
  sent,
} from './attacked.ts';

const path = (i: number) => ({ requestURI: `/api/v1/path-${i}`, objectRef: { resource: `path-${i}` } });

test('slow scan: five requests an hour stay below the rule for scans, and are found over the day', async () => {
  const sidewatch = await attacked();
  for (let i = 0; i < 10; i++) await sent(sidewatch, [attempt(i * 12 * MINUTE, ['198.51.100.7'], path(i))]);
  const found = await risks(sidewatch);
  expect(of(SCANNING, found)).toEqual([]);
  expect(of(SLOW_SCAN, found)).toMatchObject([{ attributes: { 'client.address': '198.51.100.7' } }]);
});

test('distributed scan: one request from each address, found by agent, and by path where the agents differ', async () => {
  const from = (i: number) => [`198.${i}.100.7`];
  const one = await attacked();
  for (let i = 0; i < 20; i++)
    await sent(one, [attempt(i * SECOND, from(i), { userAgent: 'zgrab/0.x', ...path(i) })]);
  expect(rulesOf(await risks(one))).toContain('Kubernetes API Distributed Scan By User Agent');
  const other = await attacked();
  for (let i = 0; i < 20; i++) await sent(other, [attempt(i * SECOND, from(i), { userAgent: `agent-${i}` })]);
  const rules = rulesOf(await risks(other));
  expect(rules).toContain('Kubernetes API Distributed Scan By Path');
  expect(rules).not.toContain('Kubernetes API Distributed Scan By User Agent');
});

test('IPv6 rotation: a host that takes another address of its network for each request is one client', async () => {
  const sidewatch = await attacked();
  for (let i = 0; i < 6; i++)
    await sent(sidewatch, [attempt(i * SECOND, [`2001:db8:1:2:${i}:${i * 7}::${i + 1}`])]);
  expect(of(SCANNING, await risks(sidewatch))).toMatchObject([
    { attributes: { 'sidewatch.group.client.address': '2001:db8:1:2::/64', 'sidewatch.count': 6 } },
  ]);
});

test('invalid bearer: the server knows no user then and answers 401, which counts as a refusal', async () => {
  const sidewatch = await attacked();
  const bearer = { user: {}, stage: 'ResponseStarted', responseStatus: { code: 401, status: 'Failure' } };
  for (let i = 0; i < 6; i++)
    await sent(sidewatch, [attempt(i * SECOND, ['198.51.100.7'], { ...bearer, annotations: undefined })]);
  expect(of(SCANNING, await risks(sidewatch))).toHaveLength(1);
});

test('forbidden watch: logged at two stages, and one hit: five are five', async () => {
  const sidewatch = await attacked();
  const watch = (i: number) => {
    const uri = { requestURI: `/api/v1/pods?watch=true&n=${i}`, verb: 'watch' };
    const complete = attempt(i * SECOND, ['198.51.100.7'], uri);
    return [{ ...complete, stage: 'ResponseStarted' }, complete];
  };
  for (let i = 0; i < 5; i++) await sent(sidewatch, watch(i));
  expect(of(SCANNING, await risks(sidewatch))).toEqual([]);
  await sent(sidewatch, watch(5));
  expect(of(SCANNING, await risks(sidewatch))).toMatchObject([{ attributes: { 'sidewatch.count': 6 } }]);
});

test('health-check mimicry: the agent of a probe hides nothing, and a real probe raises nothing', async () => {
  const agents = ['kube-probe/1.34', 'GoogleHC/1.0', 'ELB-HealthChecker/2.0'];
  const sidewatch = await attacked();
  for (let i = 0; i < 40; i++) {
    const probe = {
      verb: 'get',
      requestURI: ['/readyz', '/livez?verbose', '/healthz'][i % 3],
      objectRef: undefined,
    };
    await sent(sidewatch, [attempt(i * MINUTE, ['198.51.100.9'], { ...probe, userAgent: agents[i % 3] })]);
  }
  expect(rulesOf(await risks(sidewatch))).toEqual([]);
  for (let i = 0; i < 6; i++)
    await sent(sidewatch, [
      attempt(HOUR + i * SECOND, ['198.51.100.7'], { ...path(i), userAgent: agents[i % 3] }),
    ]);
  expect(of(SCANNING, await risks(sidewatch))).toMatchObject([
    { attributes: { 'client.address': '198.51.100.7' } },
  ]);
});

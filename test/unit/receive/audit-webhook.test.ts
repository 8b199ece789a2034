import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { Handle, Request, Verdict } from '../../../src/model/request.ts';
import { startAuditWebhook, type WebhookOptions } from '../../../src/receive/http/audit-webhook.ts';
import { tokensIn } from '../../../src/receive/tokens.ts';
import { authority } from '../../support/authority.ts';
import { engine } from '../../support/engine.ts';
import { eventList } from '../../support/event-list.ts';
import { TEN } from '../../support/events.ts';
import { ONE_RULE } from '../../support/sidewatch.ts';
import { JSON_TYPE, post } from './http-client.ts';

// What a real API server sent: its body, and the head of its request.

const captured = (name: string) => readFileSync(new URL(`../../captures/webhook/${name}`, import.meta.url));
const SMALL = captured('eventlist-small.json');
const SCAN = eventList('metadata/paths.ndjson');
const HEAD: { method: string; url: string; headers: Record<string, string> } = JSON.parse(
  String(captured('eventlist-small.head.json')),
);
const OK: Verdict = { kind: 'accepted', rejected: 0 };

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

async function start(handle: Handle, options: Partial<WebhookOptions> = {}) {
  const refused: string[] = [];
  const receiver = await startAuditWebhook(
    {
      endpoint: '127.0.0.1:0',
      path: '/audit',
      maxRequestBytes: 2 ** 20,
      refused: (as) => refused.push(as),
      ...options,
    },
    handle,
    () => TEN,
  );
  ends.push(() => receiver.stop(AbortSignal.abort()));
  return { address: receiver.address, refused };
}

function keeping(verdict: Verdict = OK) {
  const seen: Request[] = [];
  const handle: Handle = async (request) => {
    seen.push({ ...request, bytes: Buffer.from(request.bytes) });
    return verdict;
  };
  return { seen, handle };
}

describe('a request of an API server', () => {
  test('is answered with nothing but 200, and read as an EventList', async () => {
    const { seen, handle } = keeping();
    const { address } = await start(handle);
    const { host: _, ...headers } = HEAD.headers;
    const answer = await post(address, { method: HEAD.method, path: HEAD.url, headers, body: SMALL });
    expect([answer.status, answer.body.length]).toEqual([200, 0]);
    expect(seen).toEqual([
      {
        bytes: SMALL,
        shape: 'event-list',
        arrived: TEN,
        sender: '127.0.0.1',
        headers: new Map([
          ['user-agent', 'Go-http-client/1.1'],
          ['accept', 'application/json, */*'],
        ]),
      },
    ]);
  });

  test.each([
    ['/clusters/prod-eu-1?timeout=30s', 'prod-eu-1'],
    ['http://sidewatch:9765/clusters/prod-eu-1', 'prod-eu-1'],
    [
      '/clusters/arn:aws:eks:eu-west-1:111122223333:cluster%2Fprod',
      'arn:aws:eks:eu-west-1:111122223333:cluster/prod',
    ],
  ])('%s names its cluster', async (path, cluster) => {
    const { seen, handle } = keeping();
    const { address } = await start(handle);
    expect((await post(address, { path, headers: JSON_TYPE, body: SMALL })).status).toBe(200);
    expect(seen.map(({ boundCluster }) => boundCluster)).toEqual([cluster]);
  });

  test("with a token is of the token's cluster, whatever its path says", async () => {
    const { seen, handle } = keeping();
    const tokens = tokensIn('secret', 'mine');
    if ('why' in tokens) throw new Error(tokens.why);
    const { address } = await start(handle, { tokens: () => tokens });
    const headers = { ...JSON_TYPE, authorization: 'Bearer secret' };
    expect((await post(address, { path: '/clusters/other', headers, body: SMALL })).status).toBe(200);
    expect((await post(address, { path: '/clusters/other', headers: JSON_TYPE })).status).toBe(401);
    expect(seen.map(({ boundCluster }) => boundCluster)).toEqual(['mine']);
  });

  test.each([
    ['another path', { path: '/' }, 404],
    ['no name', { path: '/clusters/' }, 404],
    ['a path below the name', { path: '/clusters/a/b' }, 404],
    ['a name with a control character', { path: '/clusters/a%0ab' }, 404],
    ['a name that turns the direction of the text', { path: '/clusters/a%E2%80%AEb' }, 404],
    ['a name that cannot be seen', { path: '/clusters/%20' }, 404],
    ['a name that is not encoded', { path: '/clusters/%zz' }, 404],
    ['a name that is too long', { path: `/clusters/${'a'.repeat(257)}` }, 404],
    ['another method', { method: 'GET' }, 405],
    ['another content type', { headers: { 'content-type': 'application/x-protobuf' } }, 415],
    ['no content type', { headers: {} }, 415],
  ])('with %s is refused, in words for its log', async (_, sent, status) => {
    const { seen, handle } = keeping();
    const { address, refused } = await start(handle);
    const answer = await post(address, { path: '/audit', headers: JSON_TYPE, body: SMALL, ...sent });
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'text/plain']);
    expect(String(answer.body)).toMatch(/^4\d\d .* supported: \[/);
    expect([refused, seen]).toEqual([[`http ${status}`], []]);
  });

  test('may name its charset', async () => {
    const { seen, handle } = keeping();
    const { address } = await start(handle);
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    expect((await post(address, { path: '/audit', headers, body: SMALL })).status).toBe(200);
    expect(seen).toHaveLength(1);
  });

  test('hears why it is refused, and when to come back', async () => {
    const { handle } = keeping({ kind: 'unavailable', retryAfter: 2500 as never, why: 'not now' });
    const { address } = await start(handle);
    const answer = await post(address, { path: '/audit', headers: JSON_TYPE, body: SMALL });
    expect([answer.status, answer.headers['retry-after'], String(answer.body)]).toEqual([
      503,
      '3',
      'not now',
    ]);
  });

  test('is 429 while as many are in progress as may be', async () => {
    const free = Promise.withResolvers<Verdict>();
    const entered = Promise.withResolvers<void>();
    const { address, refused } = await start(
      () => {
        entered.resolve();
        return free.promise;
      },
      { maxInFlight: 1 },
    );
    const sent = { path: '/audit', headers: JSON_TYPE, body: SMALL };
    const first = post(address, sent);
    await entered.promise;
    const answer = await post(address, sent);
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '1']);
    expect(String(answer.body)).toContain('max_requests_in_flight');
    expect(refused).toEqual(['http 429']);
    free.resolve(OK);
    expect((await first).status).toBe(200);
  });
});

test('with mTLS only a server with a certificate of our authority gets in', async () => {
  const [ours, other] = [authority('ours'), authority('other')];
  const { seen, handle } = keeping();
  const keys = { ...ours.issue('sidewatch'), clientCa: ours.ca, minVersion: '1.3' as const };
  const { address } = await start(handle, { tls: () => keys });
  const sent = { path: '/audit', headers: JSON_TYPE, body: SMALL };
  const certified = (certificate: object) => post(address, { ...sent, tls: { ca: ours.ca, ...certificate } });
  expect((await certified(ours.issue('kube-apiserver'))).status).toBe(200);
  await expect(certified(other.issue('kube-apiserver'))).rejects.toThrow();
  await expect(certified({})).rejects.toThrow();
  expect(seen).toHaveLength(1);
});

test('a captured scan becomes a risk event of the cluster that the path names, a broken body none', async () => {
  const { receive, fired, counters } = await engine(ONE_RULE);
  const { address } = await start(receive);
  const send = (body: Buffer) => post(address, { path: '/clusters/prod-eu-1', headers: JSON_TYPE, body });
  expect((await send(SCAN)).status).toBe(200);
  const broken = await send(Buffer.from('no JSON'));
  expect([broken.status, String(broken.body)]).toEqual([400, expect.stringContaining('not valid JSON')]);
  expect(
    (await send(Buffer.from('{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[]}'))).status,
  ).toBe(200);
  const events = await fired();
  expect(events.map(({ resource }) => resource['k8s.cluster.name'])).toEqual(['prod-eu-1']);
  expect(counters.of('requests', 'malformed')).toBe(1);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeLines } from '../../src/audit/encode-lines.ts';
import { compilePlan } from '../../src/audit/field-plan.ts';
import { readPlainly } from '../../src/audit/plain/read-plainly.ts';
import { read } from '../../src/audit/read.ts';
import { DERIVE_NEEDS, derive } from '../../src/enrich/derive.ts';
import type { Geo } from '../../src/enrich/place.ts';
import { hitMaker, hitNeeds } from '../../src/hits/hit-maker.ts';
import { networks } from '../../src/lib/networks.ts';
import type { ReadRequest } from '../../src/model/event.ts';
import type { Hit } from '../../src/model/hit.ts';
import type { Micros } from '../../src/model/time.ts';
import { TestCounters } from '../support/counters.ts';
import { request, TEN } from '../support/events.ts';
import { aRule } from '../support/hits.ts';

const ARRIVED = (TEN + 5_000_000) as Micros;

/** Few values of each, so that the same ones come again in other company. */
const user = fc.constantFrom<unknown>(
  { username: 'eve', groups: ['a', 'b'] },
  { username: 'eve', groups: ['b', 'a'] },
  { username: 'eve', groups: 'a' },
  { username: 'e\\u0076e', groups: ['a', null] },
  { username: ['eve', 'bob'] },
  { username: null },
  { username: 'x'.repeat(2100), groups: Array.from({ length: 300 }, (_, i) => `g${i}`) },
  undefined,
);
const addresses = fc.constantFrom<unknown>(
  ['192.0.2.1'],
  ['8.8.8.8', '192.0.2.1'],
  ['2001:db8::1'],
  ['2001:db8::2', 7],
  '192.0.2.1',
  ['no address'],
  [],
  undefined,
);
const target = fc.constantFrom<unknown>(
  { resource: 'pods', namespace: 'a', name: 'p', apiGroup: '' },
  { resource: 'pods', namespace: 'a', name: 'q' },
  { resource: 'pods', subresource: 'exec', namespace: 'b' },
  [{ resource: 'pods' }, { resource: 'nodes' }],
  undefined,
);
const event = fc
  .record({
    user,
    sourceIPs: addresses,
    userAgent: fc.constantFrom<unknown>('curl/8', '', 8, undefined),
    verb: fc.constantFrom<unknown>('get', 'create', ['get'], undefined),
    objectRef: target,
    responseStatus: fc.constantFrom<unknown>({ code: 403 }, { code: '403' }, { code: 200 }, undefined),
    requestURI: fc.constantFrom('/api?x=1', '/api'),
    auditID: fc.constantFrom('one', 'two'),
  })
  .map((fields) => ({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', stage: 'ResponseComplete', ...fields }));

const rules = [
  aRule({ groupBy: ['client.address', 'verb'], conditionFields: ['user.groups'] }),
  aRule({
    id: 'second',
    groupBy: ['user.username', 'objectRef.resource'],
    conditionFields: ['client.address'],
  }),
  aRule({ id: 'third', groupBy: ['user.groups', 'client.geo.country.iso_code'], carry: ['userAgent'] }),
];

/** Places that are others in each generation. */
class ChangingGeo implements Geo {
  generation = 0;

  locate(address: string) {
    const city = `${address} ${this.generation}`;
    return address === '8.8.8.8'
      ? undefined
      : { countryCode: 'DE', country: 'Germany', city, lat: 1, lon: 2 };
  }
}

function making(reading: ReadRequest) {
  const geo = new ChangingGeo();
  const plan = compilePlan([...DERIVE_NEEDS, ...hitNeeds(rules)]);
  const derived = derive({ geo, trusted: networks(['192.0.2.0/24']) }, plan);
  const { make } = hitMaker(rules, plan, derived, { ipv6Prefix: 64 });
  const counters = new TestCounters();
  return {
    geo,
    counters,
    async hits(body: Uint8Array): Promise<readonly Hit[]> {
      const made: Hit[] = [];
      await reading(request(body, 'otlp'), plan, (reader, about) => {
        made.push(...make(['base'], reader, about, ARRIVED, counters));
      });
      return made;
    },
  };
}

test('hits that remember what they show of values that repeat are those that read each event anew', async () => {
  const [remembering, plain] = [making(read), making(readPlainly)];
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 40 }),
      fc.boolean(),
      async (events, changes) => {
        if (changes) for (const { geo } of [remembering, plain]) geo.generation++;
        const body = encodeLines(
          events.map((one) => JSON.stringify(one)),
          { 'k8s.cluster.name': 'prod' },
        );
        const made = await remembering.hits(body);
        expect(made).toEqual(await plain.hits(body));
        hits += made.length;
      },
    ),
  );
  expect(hits).toBeGreaterThan(1000);
  expect(remembering.counters).toEqual(plain.counters);
});

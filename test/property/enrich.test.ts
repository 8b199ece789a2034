import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePlan } from '../../src/audit/field-plan.ts';
import { clientAmong } from '../../src/enrich/client.ts';
import { DERIVE_NEEDS, derive } from '../../src/enrich/derive.ts';
import { hitMaker, hitNeeds } from '../../src/hits/hit-maker.ts';
import { IDENTITY_NEEDS, identify } from '../../src/hits/identity.ts';
import { normalise } from '../../src/lib/address.ts';
import { networks } from '../../src/lib/networks.ts';
import { CLAIMED_MAX, GROUP_MEMBERS_MAX } from '../../src/model/bounds.ts';
import { FACTS } from '../../src/model/hit.ts';
import type { Grouping, Rule } from '../../src/model/rule.ts';
import { TestCounters } from '../support/counters.ts';
import { type AuditEvent, refused, TEN } from '../support/events.ts';
import { aRule } from '../support/hits.ts';
import { runs } from '../support/property.ts';
import { geo, turn } from '../unit/enrich/turn.ts';

const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom(
    '10.0.0.1',
    '10.1.2.3',
    'fd00::1',
    'FD00::A',
    '::ffff:10.0.0.9',
    '203.0.113.1',
    '203.0.113.2',
  ),
  fc.constantFrom('', 'junk', '10.0.0', 'fd00::1%eth0', '10.0.0.1:443'),
);
const trusted = networks(['10.0.0.0/8', 'fd00::/8']);

test('the client is what the definition says', () => {
  fc.assert(
    fc.property(fc.array(address, { maxLength: 40 }), (sourceIPs) => {
      const entries = sourceIPs.filter((entry) => entry !== '').map((entry) => normalise(entry) ?? entry);
      const isProxy = (entry: string) =>
        /^10\.\d+\.\d+\.\d+$/.test(entry) || /^fd[\da-f]{2}:[\da-f:.]+$/.test(entry);
      let index = entries.length - 1;
      while (index > 0 && isProxy(entries[index]!)) index--;
      if (entries.length > 0 && isProxy(entries[index]!)) index = entries.length - 1;
      const expected =
        entries.length === 0
          ? undefined
          : { address: entries[index], claimed: entries.slice(0, index).slice(-CLAIMED_MAX) };
      expect(clientAmong(sourceIPs.length, (i) => sourceIPs[i], trusted)).toEqual(expected);
    }),
    runs(500),
  );
});

const plan = compilePlan(IDENTITY_NEEDS);
const identityOf = identify(plan);
const identities = (event: AuditEvent) =>
  turn(event, plan, (reader, about) => ({
    request: identityOf('request', reader, about.at),
    record: identityOf('record', reader, about.at),
  }));

/** The same document with its keys in another order, at every depth. */
function shuffled(value: unknown, order: readonly number[]): unknown {
  if (Array.isArray(value)) return value.map((member) => shuffled(member, order));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, member], i) => ({ key, member, rank: order[i % order.length]! }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ key, member }) => [key, shuffled(member, order)]),
  );
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 });

test('the identity does not depend on the order of keys or on fields that it does not name', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer(), { minLength: 1, maxLength: 20 }),
      fc.record({
        userAgent: text,
        level: text,
        objectRef: fc.jsonValue(),
        annotations: fc.dictionary(text, text),
      }),
      fc.array(address),
      (order, unrelated, sourceIPs) => {
        const event = { ...refused(TEN, sourceIPs), auditID: 'one' };
        const other = shuffled({ ...event, ...unrelated }, order) as AuditEvent;
        expect(identities(other)).toEqual(identities(event));
      },
    ),
  );
});

test('the identity differs where a field that it names differs', () => {
  const base = { ...refused(TEN, ['192.0.2.1']), auditID: 'one' };
  const inRequest = ['auditID', 'requestReceivedTimestamp', 'verb', 'requestURI', 'username', 'sourceIPs'];
  const inRecord = ['stage', 'stageTimestamp', 'code'];
  fc.assert(
    fc.property(fc.constantFrom(...inRequest, ...inRecord), text, text, (field, one, two) => {
      fc.pre(one !== two);
      const with_ = (value: string): AuditEvent => ({
        ...base,
        ...(field === 'username'
          ? { user: { username: value } }
          : field === 'code'
            ? { responseStatus: { code: value } }
            : { [field]: field === 'sourceIPs' ? [value] : value }),
      });
      const [a, b] = [identities(with_(one)), identities(with_(two))];
      expect(a.record).not.toBe(b.record);
      if (inRequest.includes(field)) expect(a.request).not.toBe(b.request);
      else expect(a.request).toBe(b.request);
    }),
    runs(300),
  );
});

const grouping: fc.Arbitrary<Grouping> = fc.record({
  multivalue: fc.constantFrom('each', 'first', 'last', 'joined'),
  repeats: fc.boolean(),
  place: fc.constantFrom('own', 'first', 'none'),
  missing: fc.constantFrom('keep', 'drop'),
});
const GROUP_FIELDS = [
  'sourceIPs',
  'sourceIPs.geo.country.iso_code',
  'user.groups',
  'client.address',
  'objectRef.list',
  'verb',
];

const rule: fc.Arbitrary<Rule> = fc
  .record({ group: grouping, groupBy: fc.subarray(GROUP_FIELDS) })
  .map((more) => aRule(more));
const member = fc.oneof(fc.constantFrom('a', 'b', null, 1, true), text);
const list = fc.array(member, { maxLength: 40 });

function hits(rule: Rule, event: AuditEvent) {
  const plan = compilePlan([...DERIVE_NEEDS, ...hitNeeds([rule])]);
  const derived = derive({ geo, trusted }, plan);
  const maker = hitMaker([rule], plan, derived, { ipv6Prefix: 64 });
  return turn(event, plan, (reader, about) =>
    maker.make(['base'], reader, about, about.at, new TestCounters()),
  );
}

test('an event makes at most 16 hits a rule, each with a whole key, distinct unless repeats count', () => {
  fc.assert(
    fc.property(rule, fc.array(address, { maxLength: 40 }), list, list, (rule, sourceIPs, groups, names) => {
      const event = refused(TEN, sourceIPs, { user: { groups }, objectRef: { list: names } });
      const made = hits(rule, event);
      expect(made.length).toBeLessThanOrEqual(GROUP_MEMBERS_MAX);
      for (const { group } of made) {
        expect(group).toHaveLength(rule.groupBy.length);
        if (rule.group.missing === 'drop') expect(group).not.toContain(null);
      }
      if (rule.group.missing === 'keep') expect(made.length).toBeGreaterThan(0);
      if (!rule.group.repeats)
        expect(new Set(made.map(({ group }) => JSON.stringify(group))).size).toBe(made.length);
    }),
    runs(400),
  );
});

const FIELDS = [...GROUP_FIELDS, 'client.claimed', 'userAgent', 'nothing'];

test('a rule with aliases makes the hits of the rule that has their fields in their place', () => {
  fc.assert(
    fc.property(
      grouping,
      fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'verb'), field: fc.constantFrom(...FIELDS) }), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.array(address, { maxLength: 20 }),
      list,
      (group, named, sourceIPs, groups) => {
        const fieldOf = new Map(named.map(({ name, field }) => [name, field]));
        const names = [...fieldOf.keys()];
        const aliases = Object.fromEntries([...fieldOf].map(([name, field]) => [name, { base: field }]));
        const event = refused(TEN, sourceIPs, { user: { groups } });
        const risk = { ...aRule().risk, message: 'm', collect: [] };
        const plain = aRule({ group, groupBy: [...fieldOf.values()], risk });
        const aliased = hits(aRule({ group, groupBy: names, aliases, risk }), event);
        expect(aliased.map((hit) => ({ ...hit, values: {} }))).toEqual(
          hits(plain, event).map((hit) => ({ ...hit, values: {} })),
        );
        for (const [i, { values }] of hits(plain, event).entries())
          for (const name of names) expect(aliased[i]!.values[name]).toEqual(values[fieldOf.get(name)!]);
      },
    ),
    runs(300),
  );
});

test('what the client claims is one list, whether a rule reads it or every risk event tells it', () => {
  fc.assert(
    fc.property(fc.array(address, { maxLength: 40 }), (sourceIPs) => {
      const [hit] = hits(aRule({ groupBy: [], carry: ['client.claimed'] }), refused(TEN, sourceIPs));
      expect(hit!.values['client.claimed'] ?? []).toEqual(hit!.values[FACTS.claimed] ?? []);
      expect(hit!.values['client.claimed'] ?? []).toEqual([
        ...new Set(clientAmong(sourceIPs.length, (i) => sourceIPs[i], trusted)?.claimed),
      ]);
    }),
    runs(300),
  );
});

import { expect, test } from 'vitest';
import { compilePlan } from '../../../src/audit/field-plan.ts';
import { DERIVE_NEEDS, derive } from '../../../src/enrich/derive.ts';
import { networks } from '../../../src/lib/networks.ts';
import { CLAIMED_MAX } from '../../../src/model/bounds.ts';
import { DERIVED_FIELDS, type DerivedField, type Scalar } from '../../../src/model/event.ts';
import { isRequestField } from '../../../src/semantics/derived-field.ts';
import { geo, turn } from './turn.ts';

const plan = compilePlan(DERIVE_NEEDS);

function valuesOf(field: DerivedField, sourceIPs: unknown, trusted: readonly string[] = []) {
  const derived = derive({ geo, trusted: networks(trusted) }, plan);
  return turn({ auditID: 'a', stage: 'ResponseComplete', sourceIPs }, plan, (event): (Scalar | undefined)[] =>
    Array.from({ length: derived.count(field, event) }, (_, i) => derived.value(field, event, i)),
  );
}

const PLACE = {
  'geo.country.iso_code': 'GB',
  'geo.country.name': 'United Kingdom',
  'geo.locality.name': 'London',
  'geo.location.lat': 51.5,
  'geo.location.lon': 0,
} as const;

test.each(Object.entries(PLACE))('%s of client and of a member is what the place says', (name, value) => {
  expect(valuesOf(`client.${name}` as DerivedField, ['203.0.113.1'])).toEqual([value]);
  expect(valuesOf(`sourceIPs.${name}` as DerivedField, ['203.0.113.1'])).toEqual([value]);
});

test('client.address is the trusted client', () => {
  expect(valuesOf('client.address', ['203.0.113.1', '::ffff:203.0.113.2', '10.0.0.1'], ['10.0.0.1'])).toEqual(
    ['203.0.113.2'],
  );
});

test.each([
  [
    'several, in their order and normalised',
    ['8.8.8.8', '::ffff:1.1.1.1', '203.0.113.1'],
    ['8.8.8.8', '1.1.1.1'],
  ],
  [
    'what stands left of the client, though a proxy follows',
    ['8.8.8.8', '203.0.113.1', '10.0.0.1'],
    ['8.8.8.8'],
  ],
  ['the same twice, if it is', ['8.8.8.8', '8.8.8.8', '203.0.113.1'], ['8.8.8.8', '8.8.8.8']],
  ['no address, if that is what was written', ['junk', '', null, '203.0.113.1'], ['junk']],
  ['nothing where nothing is claimed', ['203.0.113.1'], []],
  ['nothing where a proxy is all there is', ['10.0.0.1'], []],
])('client.claimed is %s', (_, sourceIPs, claimed) => {
  expect(valuesOf('client.claimed', sourceIPs, ['10.0.0.1'])).toEqual(claimed);
});

test('client.claimed has the 16 nearest to the client', () => {
  const all = Array.from({ length: 30 }, (_, i) => `203.0.113.${i}`);
  expect(valuesOf('client.claimed', all)).toEqual(all.slice(-CLAIMED_MAX - 1, -1));
});

test("the client's place is the place of the trusted client, not of what it claims", () => {
  expect(valuesOf('client.geo.country.iso_code', ['203.0.113.1', '203.0.113.2'])).toEqual(['DE']);
});

test('the i-th place of sourceIPs is that of the i-th address', () => {
  const all = ['203.0.113.2', '10.0.0.1', null, '203.0.113.1', 'junk', '203.0.113.3'];
  expect(valuesOf('sourceIPs.geo.country.iso_code', all)).toEqual([
    ...['DE', undefined, undefined, 'GB', undefined, 'FR'],
  ]);
});

test('a located address has all text fields, empty where unknown, but no made-up degrees', () => {
  expect(valuesOf('client.geo.locality.name', ['203.0.113.3'])).toEqual(['']);
  expect(valuesOf('client.geo.location.lat', ['203.0.113.3'])).toEqual([]);
  expect(valuesOf('sourceIPs.geo.locality.name', ['203.0.113.3'])).toEqual(['']);
  expect(valuesOf('sourceIPs.geo.location.lat', ['203.0.113.3'])).toEqual([undefined]);
});

test.each(Object.keys(PLACE))('an address without a place has no %s', (name) => {
  expect(valuesOf(`client.${name}` as DerivedField, ['10.0.0.1'])).toEqual([]);
  expect(valuesOf(`sourceIPs.${name}` as DerivedField, ['10.0.0.1'])).toEqual([undefined]);
});

test.each(DERIVED_FIELDS.filter((field) => !isRequestField(field)))(
  '%s has no value where sourceIPs has none',
  (field) => {
    expect(valuesOf(field, undefined)).toEqual([]);
    expect(valuesOf(field, [])).toEqual([]);
    expect(valuesOf(field, null)).toEqual([]);
  },
);

test('a value beyond the last is undefined', () => {
  const derived = derive({ geo, trusted: networks([]) }, plan);
  turn({ auditID: 'a', stage: 'Panic', sourceIPs: ['203.0.113.1', '203.0.113.1'] }, plan, (event) => {
    expect(derived.value('client.address', event, 1)).toBeUndefined();
    expect(derived.value('sourceIPs.geo.country.name', event, 2)).toBeUndefined();
  });
});

test('one plain address serves as a list of one', () => {
  expect(valuesOf('client.address', '203.0.113.1')).toEqual(['203.0.113.1']);
});

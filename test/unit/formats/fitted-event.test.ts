import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodedRequest } from '../../../src/export/logs-request.ts';
import { ATTRIBUTES_MAX, fitting, sizeBound } from '../../../src/formats/fitted-event.ts';
import { jsonLine } from '../../../src/formats/json-lines.ts';
import { sdkRecords } from '../../../src/formats/otlp-log-records.ts';
import { type PlainForm, type PlainRecord, plainOtel } from '../../../src/formats/plain-record.ts';
import type { Attribute, RiskEvent } from '../../../src/model/risk.ts';
import { TEN } from '../../support/events.ts';
import { runs } from '../../support/property.ts';
import { aRiskEvent } from '../export/loopback.ts';

const write = sdkRecords('1.2.3');
const SIZES = {
  protobuf: (record: PlainRecord) => encodedRequest(write([record], TEN), false).length,
  json: (record: PlainRecord) => encodedRequest(write([record], TEN), true).length,
  line: (record: PlainRecord) => Buffer.byteLength(jsonLine(record)),
};
const KIB = 1024;

function fit(event: RiskEvent, bytesMax = 8 * KIB, sizeOf = SIZES.protobuf, form: PlainForm = plainOtel) {
  let cuts = 0;
  const fitted = fitting(form, { bytesMax, sizeOf, onCut: () => cuts++ });
  const record = fitted(event, TEN);
  return { record, again: () => fitted(event, TEN), cuts: () => cuts };
}

const truncated = ({ attributes }: PlainRecord) => attributes['sidewatch.values.truncated'];

describe('an event that fits', () => {
  test('stays as it is', () => {
    const event = aRiskEvent('a', { 'sidewatch.values.verb': ['get', 'list'] });
    const { record, cuts } = fit(event);
    expect(record).toBe(event);
    expect(cuts()).toBe(0);
  });

  test('to the byte', () => {
    const event = aRiskEvent('a', { 'user_agent.original': 'x'.repeat(9000) });
    const size = SIZES.protobuf(event);
    expect(fit(event, size).record).toBe(event);
    expect(fit(event, size - 1).record).not.toBe(event);
  });
});

describe('of an event that is too large', () => {
  const agents = Array.from({ length: 400 }, (_, i) => `agent ${i} ${'a'.repeat(40)}`);
  const event = aRiskEvent('a', {
    'sidewatch.values.userAgent': agents,
    'sidewatch.values.requestURI': [`/api/${'x'.repeat(6000)}`],
    'sidewatch.values.verb': ['get'],
    'sidewatch.values.truncated': ['verb'],
    'user_agent.original': 'é'.repeat(2000),
  });

  test('the longest values are cut and named, the others are whole', () => {
    const { record } = fit(event);
    expect(SIZES.protobuf(record)).toBeLessThanOrEqual(8 * KIB);
    expect(SIZES.protobuf(record)).toBeGreaterThan(7 * KIB);
    expect(truncated(record)).toEqual(['requestURI', 'userAgent', 'user_agent.original', 'verb']);
    expect(record.attributes).toMatchObject({ 'sidewatch.values.verb': ['get'], 'log.record.uid': 'a' });
    const left = record.attributes['sidewatch.values.userAgent'] as readonly string[];
    expect(left.length).toBeGreaterThan(30);
    expect(agents.slice(0, left.length)).toEqual(left);
  });

  test('a text ends in a digest of the whole, and never within a character', () => {
    const { record } = fit(event);
    expect(record.attributes['user_agent.original']).toMatch(/^é+…[0-9a-f]{32}$/);
    const uri = (text: string) =>
      fit({ ...event, attributes: { ...event.attributes, 'sidewatch.values.requestURI': [text] } }).record
        .attributes['sidewatch.values.requestURI'];
    expect(uri(`/api/${'x'.repeat(6000)}1`)).not.toEqual(uri(`/api/${'x'.repeat(6000)}2`));
  });

  test('the body may be what is cut', () => {
    const { record } = fit({ ...aRiskEvent('a'), body: 'scan '.repeat(4000) });
    expect(record.body).toMatch(/^scan .*…[0-9a-f]{32}$/);
    expect(truncated(record)).toEqual(['body']);
  });

  test('a form that has everything twice is cut until it fits too', () => {
    const twice: PlainForm = (one) => ({
      ...one,
      attributes: {
        ...one.attributes,
        ...Object.fromEntries(
          Object.entries(one.attributes).map(([name, value]) => [`again.${name}`, value]),
        ),
      },
    });
    const { record } = fit(event, 8 * KIB, SIZES.json, twice);
    expect(SIZES.json(record)).toBeLessThanOrEqual(8 * KIB);
    expect(record.attributes['again.sidewatch.values.userAgent']).toEqual(
      record.attributes['sidewatch.values.userAgent'],
    );
  });

  test('it is cut and counted once, however often it is sent', () => {
    const { record, again, cuts } = fit(event);
    expect(again()).toBe(record);
    expect(cuts()).toBe(1);
  });
});

test('of too many attributes the longest are left out, and named', () => {
  const many = Object.fromEntries(
    Array.from({ length: 150 }, (_, i) => [`sidewatch.values.f${i}`, ['x'.repeat(i + 1)]]),
  );
  const { record } = fit(aRiskEvent('a', many), 48 * KIB);
  expect(Object.keys(record.attributes)).toHaveLength(ATTRIBUTES_MAX);
  expect(record.attributes).toMatchObject({ 'log.record.uid': 'a', 'sidewatch.values.f0': ['x'] });
  expect(record.attributes).not.toHaveProperty(['sidewatch.values.f149']);
  expect(truncated(record)).toContain('f149');
  expect(truncated(record)).toHaveLength(150 + 2 + 1 - ATTRIBUTES_MAX);
});

test('where all values together are too many, attributes are left out until the rest fits', () => {
  const many = Object.fromEntries(
    Array.from({ length: 110 }, (_, i) => [`sidewatch.values.${'f'.repeat(60)}${i}`, ['x'.repeat(200)]]),
  );
  const { record } = fit(aRiskEvent('a', many), 16 * KIB);
  expect(SIZES.protobuf(record)).toBeLessThanOrEqual(16 * KIB);
  expect(record.attributes).toMatchObject({ 'log.record.uid': 'a', 'sidewatch.risk.score': 49 });
});

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 3000 }),
  fc.string({ unit: fc.constantFrom('\u0000', '"', '\\', 'é', '𝄞', '\ud800', '\u202e'), maxLength: 3000 }),
);
const value: fc.Arbitrary<Attribute> = fc.oneof(
  text,
  fc.array(text, { minLength: 1, maxLength: 12 }),
  fc.integer(),
  fc.boolean(),
);
const events = fc
  .tuple(
    text,
    fc.dictionary(fc.string({ maxLength: 20 }), value, { maxKeys: 30 }),
    fc.dictionary(text, text, { maxKeys: 2 }),
  )
  .map(([body, attributes, resource]): RiskEvent => ({ ...aRiskEvent('a', attributes), body, resource }));

test('every event fits, in every encoding, and its bound is one', () => {
  fc.assert(
    fc.property(
      events,
      fc.constantFrom(...Object.values(SIZES)),
      fc.integer({ min: 30, max: 64 }),
      (event, sizeOf, kib) => {
        expect(sizeBound(event)).toBeGreaterThanOrEqual(sizeOf(event));
        const { record } = fit(event, kib * KIB, sizeOf);
        expect(sizeOf(record)).toBeLessThanOrEqual(kib * KIB);
        expect(record.attributes['log.record.uid']).toBe(event.attributes['log.record.uid']);
      },
    ),
    runs(150),
  );
});

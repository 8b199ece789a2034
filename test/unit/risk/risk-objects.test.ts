import { describe, expect, test } from 'vitest';
import { digest } from '../../../src/lib/digest.ts';
import type { Rule } from '../../../src/model/rule.ts';
import { renderer } from '../../../src/risk/render.ts';
import { TestCounters } from '../../support/counters.ts';
import { aDetection, aRule, one, render } from './rendered.ts';

describe('risk objects', () => {
  const users = aRule({}, { objects: [{ field: 'user', type: 'user' }] });
  const rule: Rule = {
    ...users,
    rename: { 'user.username': 'user' },
    risk: { ...users.risk, collect: ['user.username'] },
  };

  test('each value is a record of its own, under one detection', () => {
    const events = render(aDetection({ values: { 'user.username': ['bob', 'alice'] } }), rule);
    expect(events.map((event) => event.attributes['sidewatch.risk.object'])).toEqual(['alice', 'bob']);
    expect(events.map((event) => event.uid)).toEqual([
      digest(['d'.repeat(32), 'user', 'alice']),
      digest(['d'.repeat(32), 'user', 'bob']),
    ]);
    for (const event of events) {
      expect(event.attributes['log.record.uid']).toBe(event.uid);
      expect(event.attributes['sidewatch.detection.id']).toBe('d'.repeat(32));
    }
  });

  test('none present, or an empty one, gives one record without', () => {
    for (const values of [{}, { 'user.username': [''] }]) {
      const event = one(aDetection({ values }), rule);
      expect(event.uid).toBe('d'.repeat(32));
      expect(event.attributes).not.toHaveProperty('sidewatch.risk.object');
      expect(event.attributes).not.toHaveProperty('sidewatch.risk.object.type');
      expect(event.attributes['sidewatch.risk.score']).toBe(49);
    }
  });

  test('of several fields and types each object is one record', () => {
    const both = aRule(
      {},
      {
        objects: [
          { field: 'client.address', type: 'system' },
          { field: 'verb', type: 'other' },
          { field: 'verb', type: 'other' },
        ],
      },
    );
    const events = render(aDetection({ values: { verb: ['list', 'get'] } }), both);
    expect(
      events.map(({ attributes }) => [
        attributes['sidewatch.risk.object.type'],
        attributes['sidewatch.risk.object'],
      ]),
    ).toEqual([
      ['system', '81.2.69.142'],
      ['other', 'get'],
      ['other', 'list'],
    ]);
  });

  test('beyond 16 the rest is counted and its field named', () => {
    const mine = new TestCounters();
    const names = Array.from({ length: 20 }, (_, i) => `user-${String(i).padStart(2, '0')}`);
    const events = renderer([rule], {}, mine)(aDetection({ values: { 'user.username': names } }));
    expect(events.map((event) => event.attributes['sidewatch.risk.object'])).toEqual(names.slice(0, 16));
    expect(events[0]!.attributes['sidewatch.values.truncated']).toEqual(['user']);
    expect(events[0]!.attributes['sidewatch.values.user.username']).toEqual(names);
    expect(mine.of('values_cut')).toBe(4);
  });

  test('an IPv6 prefix of the group is an object as it is', () => {
    const event = one(aDetection({ group: { 'client.address': '2001:db8::/64' } }));
    expect(event.attributes['sidewatch.risk.object']).toBe('2001:db8::/64');
  });
});

describe('the threat object', () => {
  test.each([
    ['the first entry that has a value', ['missing', 'verb'], { verb: ['list'] }, 'list'],
    ['the first value in byte order', ['verb'], { verb: ['list', 'get'] }, 'get'],
    ['none', ['missing'], {}, undefined],
  ])('is %s', (_, fields, values, threat) => {
    const threats = fields.map((field) => ({ field, type: 'other' }));
    const { attributes } = one(aDetection({ values }), aRule({}, { threats }));
    expect(attributes['sidewatch.risk.threat.object']).toBe(threat);
    expect(attributes['sidewatch.risk.threat.object.type']).toBe(threat && 'other');
  });
});

import { expect, test } from 'vitest';
import { formLines, jsonLines } from '../../../src/formats/json-lines.ts';
import { stampedWhenSent } from '../../../src/formats/plain-record.ts';
import type { Detection } from '../../../src/model/hit.ts';
import type { RiskEvent } from '../../../src/model/risk.ts';
import type { Micros } from '../../../src/model/time.ts';
import { TEN } from '../../support/events.ts';

const event: RiskEvent = {
  uid: 'u',
  detection: { values: { secret: ['not for output'] } } as unknown as Detection,
  name: 'sidewatch.risk',
  at: (TEN + 1) as Micros,
  body: 'scan',
  score: 49,
  severity: 13,
  severityText: 'medium',
  rank: { score: 49, level: 'medium' },
  attributes: { 'sidewatch.count': 6, 'sidewatch.rule.tactics': ['discovery'] },
  resource: { 'service.name': 'sidewatch' },
};

test('an event is plain JSON with these keys and no others', () => {
  expect(JSON.parse(jsonLines([event]))).toEqual({
    timestamp: '2026-01-15T10:00:00.000001Z',
    eventName: 'sidewatch.risk',
    severityText: 'medium',
    severityNumber: 13,
    body: 'scan',
    attributes: { 'sidewatch.count': 6, 'sidewatch.rule.tactics': ['discovery'] },
    resource: { 'service.name': 'sidewatch' },
  });
});

test('a line holds one event, whatever its values hold', () => {
  const line = jsonLines([{ ...event, attributes: { 'user_agent.original': 'a\nb\u009b2J\u202e' } }]);
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(line).not.toMatch(/[\u009b\u202e]/);
  expect(JSON.parse(line).attributes).toEqual({ 'user_agent.original': 'a\nb\u009b2J\u202e' });
});

test('each event has a line of its own, in order', () => {
  const lines = jsonLines([event, { ...event, body: 'second' }]).split('\n');
  expect(lines.map((line) => line && JSON.parse(line).body)).toEqual(['scan', 'second', '']);
});

test('lines may be those of a form, observed at a time', () => {
  const lines = formLines(stampedWhenSent((one) => ({ ...one, body: `form of ${one.body}` })))([event], TEN);
  expect(JSON.parse(lines)).toMatchObject({ timestamp: '2026-01-15T10:00:00.000000Z', body: 'form of scan' });
});

import { expect, test } from 'vitest';
import { letterLine, parseLetterLine } from '../../../../src/export/dead-letters/letter-line.ts';
import type { RiskEvent } from '../../../../src/model/risk.ts';
import type { Micros } from '../../../../src/model/time.ts';
import { aRiskEvent } from '../loopback.ts';

const NOW = 1_768_471_200_000_001 as Micros;
const event: RiskEvent = {
  ...aRiskEvent('a', {
    'client.geo.location.lat': 52,
    list: ['x', 'y\u2028\u009b\n'],
    flag: true,
    lone: '\ud800',
  }),
  detection: { id: 'd', rule: 'r', value: 1.5 } as unknown as RiskEvent['detection'],
};

test('a letter is one line with its time, its reason, its destination and the whole event', () => {
  const line = letterLine('siem', { event, why: 'HTTP 400' }, NOW);
  expect(line).toMatch(/^\{"time":"2026-01-15T10:00:00\.000001Z","destination":"siem","reason":"HTTP 400"/);
  expect(line).toMatch(/^[^\p{C}]*\n$/u);
  expect(parseLetterLine(line)).toEqual({ time: '2026-01-15T10:00:00.000001Z', why: 'HTTP 400', event });
});

test('what was rejected of a batch is said, and read again', () => {
  const line = letterLine('siem', { event, why: 'too old', rejected: { count: 3, of: 10 } }, NOW);
  expect(line).toContain('"rejected":"3 of 10"');
  expect(parseLetterLine(line)).toMatchObject({ rejected: { count: 3, of: 10 } });
});

test('a value that JSON does not have is left out', () => {
  const infinite = { ...event, detection: { ...event.detection, value: Number.POSITIVE_INFINITY } };
  const read = parseLetterLine(letterLine('siem', { event: infinite, why: '' }, NOW));
  expect(read?.event.detection).not.toHaveProperty('value');
});

test.each([
  ['a line that broke off', letterLine('siem', { event, why: '' }, NOW).slice(0, 100)],
  ['no JSON object', 'null'],
  [
    'an event without a level',
    JSON.stringify({ time: '', reason: '', event: { ...event, rank: { score: 1 } } }),
  ],
  [
    'an event without attributes',
    JSON.stringify({ time: '', reason: '', event: { ...event, attributes: null } }),
  ],
  ['no event', JSON.stringify({ time: '', reason: '' })],
])('%s is no letter', (_, line) => {
  expect(parseLetterLine(line)).toBeUndefined();
});

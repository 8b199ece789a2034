import { expect, test } from 'vitest';
import { outboxMark } from '../../../src/serve/outbox-mark.ts';

test('an outbox at nine tenths of its room names the destinations that fill it', () => {
  const left: Record<string, number> = { siem: 8, archive: 89, lake: 0 };
  const check = outboxMark(
    { outbox: { left: (to) => left[to]! }, isStuck: () => false },
    new Map([
      ['siem', { size: 10, onFull: 'block' }],
      ['archive', { size: 100, onFull: 'block' }],
      ['lake', { size: 1, onFull: 'block' }],
    ]),
  );
  expect(check()).toBeUndefined();
  left['siem'] = 9;
  expect(check()).toBe('the outbox is nearly full: 9 of 10 risk events wait for siem');
  left['archive'] = 120;
  expect(check()).toBe(
    'the outbox is nearly full: 9 of 10 risk events wait for siem; the outbox is nearly full: 120 of 100 risk events wait for archive',
  );
});

test('an outbox below that mark names the destination for which requests are refused all the same', () => {
  const check = outboxMark(
    { outbox: { left: () => 3 }, isStuck: (to) => to === 'siem' },
    new Map([
      ['siem', { size: 20, onFull: 'block' }],
      ['archive', { size: 20, onFull: 'block' }],
    ]),
  );
  expect(check()).toBe(
    'requests are refused because the outbox has too little room: 3 of 20 risk events wait for siem',
  );
});

test('a full queue that does not block is no reason, except where requests are refused all the same', () => {
  const stuck = new Set<string>();
  const check = outboxMark(
    { outbox: { left: () => 20 }, isStuck: (to) => stuck.has(to) },
    new Map([
      ['siem', { size: 10, onFull: 'drop_oldest' }],
      ['archive', { size: 10, onFull: 'dead_letter' }],
    ]),
  );
  expect(check()).toBeUndefined();
  stuck.add('archive');
  expect(check()).toBe(
    'requests are refused because the outbox has too little room: 20 of 10 risk events wait for archive',
  );
});

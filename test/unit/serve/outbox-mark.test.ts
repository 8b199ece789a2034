import { expect, test } from 'vitest';
import { outboxMark } from '../../../src/serve/outbox-mark.ts';

test('an outbox at nine tenths of its room names the destinations that fill it', () => {
  const left: Record<string, number> = { siem: 8, archive: 89, lake: 0 };
  const check = outboxMark(
    { left: (to) => left[to]! },
    new Map([
      ['siem', { size: 10 }],
      ['archive', { size: 100 }],
      ['lake', { size: 1 }],
    ]),
  );
  expect(check()).toBeUndefined();
  left['siem'] = 9;
  expect(check()).toBe('the outbox is nearly full: 9 of 10 risk events wait for siem');
  left['archive'] = 120;
  expect(check()).toBe(
    'the outbox is nearly full: 9 of 10 risk events wait for siem, 120 of 100 risk events wait for archive',
  );
});

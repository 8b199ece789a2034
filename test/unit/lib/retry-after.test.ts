import { expect, test } from 'vitest';
import { RETRY_AFTER_MAX, retryAfter } from '../../../src/lib/retry-after.ts';
import { TEN } from '../../support/events.ts';

test.each([
  ['0', 0],
  ['30', 30_000],
  [' 30 ', 30_000],
  ['999999999999', RETRY_AFTER_MAX],
  ['Thu, 15 Jan 2026 10:00:20 GMT', 20_000],
  ['Thu, 15 Jan 2026 09:00:00 GMT', 0],
  ['-1', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['nonsense GMT', undefined],
  [undefined, undefined],
])('Retry-After %s is %s ms at ten', (header, after) => {
  expect(retryAfter(header, TEN)).toBe(after);
});

import { expect, test } from 'vitest';
import { good, rule } from '../loaded.ts';

const DETECTION = 'detection: {s: {verb: get}, condition: s}\n';

test.each([
  ['date: 2026-01-15\nmodified: 2026-02-01\n', '2026-02-01'],
  ['date: 2026-01-15\n', '2026-01-15'],
  ['', undefined],
])('%j is version %s of a rule', (dates, version) => {
  expect(good(rule(`${dates}${DETECTION}`)).rules[0]!.version).toBe(version);
});

import { expect, test } from 'vitest';
import type { TextTest } from '../../../../src/rules/detection/expression.ts';
import { textTest } from '../../../../src/rules/detection/text-test.ts';

test('there may be more tests than a call takes arguments: two lists of networks in one item', () => {
  const tests: TextTest[] = Array.from({ length: 200_000 }, (_, i) => ({
    kind: 'cidr',
    network: `10.${(i >> 8) & 255}.${i & 255}.0/24`,
  }));
  const passes = textTest(tests);
  expect(passes('10.1.2.3')).toBe(true);
  expect(passes('192.0.2.1')).toBe(false);
});

import { expect, test } from 'vitest';
import { ByteReader } from '../../../../src/audit/bytes/byte-reader.ts';
import { compilePlan } from '../../../../src/audit/field-plan.ts';
import { bareOrigin } from '../../../../src/audit/plain/record-origin.ts';
import type { FieldPlan } from '../../../../src/model/event.ts';

const planOf = (...paths: readonly string[]) => compilePlan(paths.map((path) => ({ path, literals: [] })));

/** The memo of a new reader for the same event. */
function memoOf(plan: FieldPlan) {
  const u8 = Buffer.from('{"user":{"username":"a"},"verb":"get"}');
  const reader = new ByteReader(plan);
  const view = new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
  reader.json(u8, view, 0, u8.length, bareOrigin(0, {}));
  return reader.memo('client');
}

test('readers of one plan share their memos: as many large requests at once take no more memory', () => {
  const plan = planOf('user.username', 'verb');
  expect(memoOf(plan)).toBeDefined();
  expect(memoOf(plan)).toBe(memoOf(plan));
});

test('readers of two plans do not: a memo holds the answers of one set of rules', () => {
  expect(memoOf(planOf('user.username'))).not.toBe(memoOf(planOf('user.username')));
});

import { expect, test } from 'vitest';
import { fieldIn, ownFields } from '../../../src/semantics/rule-fields.ts';
import { aRule } from '../../support/hits.ts';

test('a rule names fields in its group, condition and risk, each once and by its own name', () => {
  const rule = aRule({
    groupBy: ['verb', 'who'],
    conditionFields: ['verb', 'stage'],
    rename: { 'user.username': 'user' },
    risk: {
      ...aRule().risk,
      message: '$user$ and $level$',
      objects: [{ field: 'user', type: 'user' }],
      threats: [{ field: 'client.address', type: 'ip_address' }],
      collect: ['requestURI'],
    },
  });
  expect(ownFields(rule)).toEqual([
    ...['requestURI', 'verb', 'who', 'stage', 'user.username', 'client.address', 'level'],
  ]);
});

test('an alias is another field in each input, and a field is itself', () => {
  const rule = { aliases: { who: { one: 'user.username', two: 'impersonatedUser.username' } } };
  expect(fieldIn(rule, 'one', 'who')).toBe('user.username');
  expect(fieldIn(rule, 'two', 'who')).toBe('impersonatedUser.username');
  expect(fieldIn(rule, 'three', 'who')).toBe('who');
  expect(fieldIn(rule, 'one', 'verb')).toBe('verb');
  expect(fieldIn(rule, 'one', 'constructor')).toBe('constructor');
  expect(fieldIn(rule, 'constructor', 'who')).toBe('who');
});

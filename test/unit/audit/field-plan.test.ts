import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../../src/audit/field-plan.ts';

describe('compilePlan', () => {
  it('keeps each path once, with the literals of all who named it, in order of first mention', () => {
    const plan = compilePlan([
      { path: 'verb', literals: ['list', 'get'] },
      { path: 'user.username', literals: [] },
      { path: 'verb', literals: ['get', 'watch'] },
    ]);
    expect(plan.needs).toEqual([
      { path: 'verb', literals: ['list', 'get', 'watch'] },
      { path: 'user.username', literals: [] },
    ]);
    expect([plan.id('verb'), plan.id('user.username')]).toEqual([0, 1]);
  });

  it('takes the same path within an array for another field', () => {
    const plan = compilePlan([
      { path: 'name', literals: ['a'] },
      { path: 'name', within: 'containers', literals: ['b'] },
      { path: 'name', within: 'containers', literals: ['c'] },
    ]);
    expect(plan.needs).toEqual([
      { path: 'name', literals: ['a'] },
      { path: 'name', within: 'containers', literals: ['b', 'c'] },
    ]);
    expect(plan.id('name', 'containers')).not.toBe(plan.id('name'));
  });

  it('throws for a path that nobody asked for, and names it', () => {
    const plan = compilePlan([{ path: 'verb', literals: [] }]);
    expect(() => plan.id('verbs')).toThrow('verbs');
    expect(() => plan.id('verb', 'items')).toThrow('verb within items');
  });

  it('knows paths that are names of object properties', () => {
    const plan = compilePlan([{ path: '__proto__', literals: ['x'] }]);
    expect(plan.id('__proto__')).toBe(0);
    expect(() => plan.id('constructor')).toThrow();
  });
});

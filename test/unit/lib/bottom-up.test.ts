import { describe, expect, test } from 'vitest';
import { bottomUp } from '../../../src/lib/bottom-up.ts';

/** By name, what it rests on. */
function ordered(below: Readonly<Record<string, string>>) {
  const circles: string[] = [];
  const restsOn = (item: string) => [...below[item]!];
  const items = bottomUp(Object.keys(below), restsOn, (way) => circles.push(way.join('')));
  return { items: items.join(''), circles };
}

describe('items in order', () => {
  test('come after all items that they rest on, and once', () => {
    expect(ordered({ a: 'bc', b: 'd', c: 'd', d: '' })).toEqual({ items: 'dbca', circles: [] });
  });

  test('keep the order that they came in where nothing rests on another', () => {
    expect(ordered({ b: '', a: '' }).items).toBe('ba');
  });

  test('are not in a circle, nor do they rest on one', () => {
    expect(ordered({ a: 'b', b: 'c', c: 'b', d: '' })).toEqual({ items: 'd', circles: ['bcb'] });
  });

  test('do not rest on themselves', () => {
    expect(ordered({ a: 'a', b: '' })).toEqual({ items: 'b', circles: ['aa'] });
  });
});

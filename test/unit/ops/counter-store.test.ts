import { describe, expect, test } from 'vitest';
import { OTHER } from '../../../src/model/counters.ts';
import { createCounters } from '../../../src/ops/counter-store.ts';

describe('counters', () => {
  test('add up by name and label', () => {
    const counters = createCounters();
    counters.add('requests', 1, 'accepted');
    counters.add('requests', 2, 'accepted');
    counters.add('requests', 1, 'overloaded');
    counters.add('records', 40);
    expect(counters.total('requests')).toBe(4);
    expect(counters.total('requests', 'accepted')).toBe(3);
    expect(counters.total('requests', 'malformed')).toBe(0);
    expect(counters.total('records')).toBe(40);
    expect(counters.total('hits')).toBe(0);
  });

  test('are summarised in the order of COUNTERS, without zeros', () => {
    const counters = createCounters();
    counters.add('hits', 6, 'scan');
    counters.add('records', 40);
    counters.add('events', 0);
    counters.add('requests', 1, 'accepted');
    expect(counters.summary()).toBe('requests{accepted}=1 records=40 hits{scan}=6');
  });

  test('a summary shows few labels one by one, and the sum of many', () => {
    const counters = createCounters();
    for (let i = 0; i < 5; i++) counters.add('hits', i + 1, `rule ${i}`);
    expect(counters.summary()).toMatch(/^hits\{rule 0\}=1 .*hits\{rule 4\}=5$/);
    counters.add('hits', 10, 'rule 5');
    expect(counters.summary()).toBe('hits=25');
  });

  test('a summary calls rules by their names, and nothing else', () => {
    const counters = createCounters();
    counters.add('requests', 1, 'accepted');
    counters.add('detections', 2, 'a-b-c', 'high');
    expect(counters.summary((id) => `name of ${id}`)).toBe(
      'requests{accepted}=1 detections{name of a-b-c}=2',
    );
  });

  test('detections that are sent are counted by level too', () => {
    const counters = createCounters();
    counters.add('detections', 1, 'scan', 'high');
    counters.add('detections', 2, 'scan', 'low');
    counters.add('detections', 1, 'scan');
    counters.add('detections', 4, 'inner');
    expect(counters.counts('detections')).toEqual([
      { by: 'scan', count: 1 },
      { by: 'scan', level: 'high', count: 1 },
      { by: 'scan', level: 'low', count: 2 },
      { by: 'inner', count: 4 },
    ]);
    expect(counters.total('detections', 'scan')).toBe(4);
    expect(counters.total('detections')).toBe(8);
  });

  test('a summary of nothing is empty', () => {
    expect(createCounters().summary()).toBe('');
  });

  test('labels are bounded: further ones are counted together and nothing is lost', () => {
    const counters = createCounters(2);
    for (const by of ['a', 'b', 'c', 'd', 'a']) counters.add('hits', 1, by);
    expect(counters.total('hits', 'a')).toBe(2);
    expect(counters.total('hits', 'c')).toBe(0);
    expect(counters.total('hits', OTHER)).toBe(2);
    expect(counters.total('hits')).toBe(5);
  });
});

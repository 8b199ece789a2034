import { expect, test } from 'vitest';
import { createCounters } from '../../../src/ops/counter-store.ts';
import { problemLog } from '../../../src/serve/problem-log.ts';

function watched() {
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  const counters = createCounters();
  const said = () => lines.splice(0);
  return { ...problemLog(counters, { info: say, warn: say, error: say }), counters, said };
}

test('a problem is logged at once, then once a minute with its number and reason, as long as it lasts', () => {
  const { report, minute, said } = watched();
  report('doors were left open', 'by number 1');
  report('windows broke', 'a ball');
  expect(said()).toEqual(['doors were left open: by number 1', 'windows broke: a ball']);
  report('doors were left open', 'by number 2', 2);
  report('doors were left open', 'by number 3');
  expect(said()).toEqual([]);
  minute();
  expect(said()).toEqual(['doors were left open (3 more in the last minute); latest reason: by number 3']);
  report('doors were left open', 'by number 4');
  expect(said()).toEqual([]);
  minute();
  expect(said()).toEqual(['doors were left open (1 more in the last minute); latest reason: by number 4']);
  minute();
  expect(said()).toEqual([]);
  report('doors were left open', 'by number 5');
  expect(said()).toEqual(['doors were left open: by number 5']);
});

test('reasons of different kinds are logged separately, up to a limit', () => {
  const { report, minute, said } = watched();
  report('requests were refused', 'there is no /a/b here');
  report('requests were refused', 'compression "zstd" is not taken');
  report('requests were refused', 'there is no /c here');
  report('requests were refused', 'compression "snappy" is not taken');
  expect(said()).toHaveLength(2);
  minute();
  expect(said()).toEqual([
    'requests were refused (1 more in the last minute); latest reason: there is no /c here',
    'requests were refused (1 more in the last minute); latest reason: compression "snappy" is not taken',
  ]);
  for (let i = 0; i < 1000; i++) report('requests were refused', 'x'.repeat(i + 1));
  expect(said().length).toBeLessThan(40);
});

test('counters that are problems are logged once a minute with their growth', () => {
  const { counters, minute, said } = watched();
  counters.add('state_evicted', 3, 'a');
  counters.add('state_evicted', 4, 'b');
  minute();
  expect(said()).toEqual([
    'groups gave way to others (7 in the last minute): limits.state_mib limits all windows together',
  ]);
  minute();
  expect(said()).toEqual([]);
  counters.add('state_evicted', 1, 'b');
  counters.add('hits_late', 5, 'a');
  counters.add('hits_late_dropped', 3, 'a');
  minute();
  expect(said().map((line) => line.split(':')[0])).toEqual([
    'hits came after their window had closed and were dropped (late',
    "hits came later than their rule's lateness allows (2 in the last minute)",
    'groups gave way to others (1 in the last minute)',
  ]);
});

import { expect, test } from 'vitest';
import { createCounters } from '../../../src/ops/counter-store.ts';
import { problemLog } from '../../../src/serve/problem-log.ts';

function troubled() {
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  const counters = createCounters();
  const said = () => lines.splice(0);
  return { ...problemLog(counters, { info: say, warn: say, error: say }), counters, said };
}

test('what goes wrong is told at once, then once a minute how often and why, as long as it lasts', () => {
  const { report: tell, minute, said } = troubled();
  tell('doors were left open', 'by number 1');
  tell('windows broke', 'a ball');
  expect(said()).toEqual(['doors were left open: by number 1', 'windows broke: a ball']);
  tell('doors were left open', 'by number 2', 2);
  tell('doors were left open', 'by number 3');
  expect(said()).toEqual([]);
  minute();
  expect(said()).toEqual(['doors were left open (3 more in the last minute); the last: by number 3']);
  tell('doors were left open', 'by number 4');
  expect(said()).toEqual([]);
  minute();
  expect(said()).toEqual(['doors were left open (1 more in the last minute); the last: by number 4']);
  minute();
  expect(said()).toEqual([]);
  tell('doors were left open', 'by number 5');
  expect(said()).toEqual(['doors were left open: by number 5']);
});

test('reasons of another kind are told apart, but not without end', () => {
  const { report: tell, minute, said } = troubled();
  tell('requests were refused', 'there is no /a/b here');
  tell('requests were refused', 'compression "zstd" is not taken');
  tell('requests were refused', 'there is no /c here');
  tell('requests were refused', 'compression "snappy" is not taken');
  expect(said()).toHaveLength(2);
  minute();
  expect(said()).toEqual([
    'requests were refused (1 more in the last minute); the last: there is no /c here',
    'requests were refused (1 more in the last minute); the last: compression "snappy" is not taken',
  ]);
  for (let i = 0; i < 1000; i++) tell('requests were refused', 'x'.repeat(i + 1));
  expect(said().length).toBeLessThan(40);
});

test('verdicts that somebody should know of', () => {
  const { verdict, said } = troubled();
  verdict({ kind: 'accepted', rejected: 0 });
  expect(said()).toEqual([]);
  verdict({ kind: 'accepted', rejected: 3, why: 'record 0: not valid JSON' });
  verdict({ kind: 'malformed', why: 'not an OTLP logs request' });
  verdict({ kind: 'overloaded', retryAfter: 5000 as never, why: 'the outbox is full' });
  expect(said()).toEqual([
    'malformed records were rejected and their neighbours taken (3): record 0: not valid JSON',
    'requests were malformed and refused for good; their senders drop them: not an OTLP logs request',
    'requests were refused and may come again: the outbox is full',
  ]);
});

test('counters that say that something gave way are told once a minute by how much they grew', () => {
  const { counters, minute, said } = troubled();
  counters.add('state_evicted', 3, 'a');
  counters.add('state_evicted', 4, 'b');
  minute();
  expect(said()).toEqual([
    'groups were closed early to make room (7 in the last minute): limits.state_mib is what all windows may hold',
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
    'groups were closed early to make room (1 in the last minute)',
  ]);
});

import { expect, test } from 'vitest';
import { Outage } from '../../../src/export/outage.ts';

function made() {
  const logs: string[] = [];
  const destination = { name: 'siem', target: 'http://siem', send: undefined!, stop: undefined! };
  return { logs, outage: new Outage(destination, (what, why) => void logs.push(`${what}: ${why}`)) };
}

test('each reason is reported once, then the end', () => {
  const { logs, outage } = made();
  for (const why of ['HTTP 503', 'ECONNRESET', 'HTTP 503']) outage.failed(why);
  outage.over();
  outage.over();
  expect(logs).toEqual([
    'siem (http://siem) does not accept risk events; retrying: HTTP 503',
    'siem (http://siem) does not accept risk events; retrying: ECONNRESET',
    'siem accepts risk events again: failed attempts before: 3',
  ]);
});

test('a long outage is reported again and again, so that the end of a log shows it', () => {
  const { logs, outage } = made();
  for (let i = 0; i < 64; i++) outage.failed('HTTP 401');
  expect(logs.slice(1)).toEqual([
    'siem (http://siem) still does not accept risk events; retrying: 32 attempts have failed, the last with HTTP 401',
    'siem (http://siem) still does not accept risk events; retrying: 64 attempts have failed, the last with HTTP 401',
  ]);
});

test('the next outage is reported like the first', () => {
  const { logs, outage } = made();
  for (let i = 0; i < 2; i++) {
    outage.failed('HTTP 503');
    outage.over();
  }
  expect(logs.slice(2)).toEqual(logs.slice(0, 2));
});

test('at most eight reasons are reported in one outage', () => {
  const { logs, outage } = made();
  for (let i = 0; i < 20; i++) outage.failed(`reason ${i}`);
  expect(logs).toHaveLength(8);
});

test('a decision without an outage is not reported', () => {
  const { logs, outage } = made();
  outage.over();
  expect(logs).toEqual([]);
});

import { expect, test } from 'vitest';
import type { Handle, Verdict } from '../../../src/model/request.ts';
import { reportVerdicts } from '../../../src/serve/report-verdicts.ts';
import { request, TEN } from '../../support/events.ts';

async function reported(handle: Handle, sender?: string) {
  const reports: unknown[][] = [];
  const problems = { report: (...report: unknown[]) => void reports.push(report), minute() {} };
  const answer = await reportVerdicts(
    handle,
    problems,
  )({
    ...request('', 'line', TEN),
    ...(sender === undefined ? {} : { sender }),
  }).catch((error) => error);
  return { reports, answer };
}

test.each([
  [{ kind: 'accepted', rejected: 0 }, []],
  [
    { kind: 'accepted', rejected: 3, why: 'record 0: not valid JSON' },
    [['malformed records were rejected; the other records were accepted', 'record 0: not valid JSON', 3]],
  ],
  [
    { kind: 'malformed', why: 'not an OTLP logs request' },
    [['malformed requests were rejected; their senders drop them', 'not an OTLP logs request']],
  ],
  [
    { kind: 'overloaded', retryAfter: 5000, why: 'the outbox is full' },
    [['requests were rejected for now; their senders may retry', 'the outbox is full']],
  ],
])('%o is passed on, and reported where something was rejected', async (verdict, expected) => {
  const { reports, answer } = await reported(async () => verdict as Verdict);
  expect([reports, answer]).toEqual([expected, verdict]);
});

test.each<Verdict>([
  { kind: 'accepted', rejected: 1, why: 'no JSON' },
  { kind: 'malformed', why: 'no JSON' },
])('of %o the sender is named', async (verdict) => {
  const { reports } = await reported(async () => verdict, 'unix:///run/x.sock');
  expect(reports[0]?.[1]).toBe('no JSON (from unix:///run/x.sock)');
});

test('a failure is reported with its stack, and passed on', async () => {
  const bug = new TypeError('a bug');
  const { reports, answer } = await reported(() => Promise.reject(bug));
  expect(reports).toEqual([[expect.stringMatching(/a bug in Sidewatch/), bug.stack]]);
  expect(answer).toBe(bug);
});

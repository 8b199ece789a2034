import { describe, expect, test } from 'vitest';
import { failedDelivery } from '../../../src/export/http-answer.ts';
import { TEN } from '../../support/events.ts';

describe('the status decides what happens to the batch', () => {
  test.each([
    [408, 'retry'],
    [429, 'retry'],
    [502, 'retry'],
    [503, 'retry'],
    [504, 'retry'],
    [301, 'retry'],
    [308, 'retry'],
    [401, 'retry'],
    [403, 'retry'],
    [404, 'retry'],
    [405, 'retry'],
    [407, 'retry'],
    [415, 'retry'],
    [400, 'refused'],
    [409, 'refused'],
    [413, 'refused'],
    [422, 'refused'],
    [500, 'retry'],
    [501, 'retry'],
  ])('%i: %s', (status, kind) => {
    expect(failedDelivery({ status, statusText: '' }, TEN)).toMatchObject({
      kind,
      why: expect.stringContaining(`HTTP ${status}`),
    });
  });

  test.each([500, 501, 505, 520, 599])('%i may be the fault of the data or may pass', (status) => {
    expect(failedDelivery({ status, statusText: '' }, TEN)).toMatchObject({ kind: 'retry', doubtful: true });
  });

  test('a temporary failure has the pause of Retry-After, a wrong setup its own', () => {
    expect(failedDelivery({ status: 503, statusText: 'Busy', retryAfter: '5' }, TEN)).toEqual({
      kind: 'retry',
      after: 5000,
      why: 'HTTP 503 Busy',
    });
    expect(failedDelivery({ status: 404, statusText: 'Not Found', retryAfter: '5' }, TEN)).toEqual({
      kind: 'retry',
      after: 30_000,
      why: 'HTTP 404 Not Found; check the path of its endpoint',
    });
  });
});

test.each([
  ['{"code":3,"message":"bad\\nrecord"}', 'bad record'],
  ['{"code":3}', '{"code":3}'],
  ['\u0008\u0003\u0012\u000bbad request', 'bad request'],
  ['<html>\r\n<b>no</b>', '<html> <b>no</b>'],
  ['x'.repeat(300), `${'x'.repeat(200)}...`],
])('the text %j of a receiver is quoted on one short line', (body, quoted) => {
  expect(failedDelivery({ status: 400, statusText: 'Bad', body }, TEN)).toEqual({
    kind: 'refused',
    why: `HTTP 400 Bad: ${quoted}`,
  });
});

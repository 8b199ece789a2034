import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../../src/audit/field-plan.ts';
import {
  answeredWithin,
  hitTime,
  REQUEST_TIME_NEEDS,
  requestTimeOf,
} from '../../../src/hits/request-time.ts';
import { minutes } from '../../../src/lib/time-format.ts';
import type { Rule } from '../../../src/model/rule.ts';
import type { Micros } from '../../../src/model/time.ts';
import { TEN } from '../../support/events.ts';
import { aRule } from '../../support/hits.ts';
import { turn } from '../enrich/turn.ts';

const RECEIVED = '2026-01-15T10:00:00.000000Z';

function times(event: object): ReturnType<ReturnType<typeof requestTimeOf>> {
  const plan = compilePlan(REQUEST_TIME_NEEDS);
  const whole = { kind: 'Event', apiVersion: 'audit.k8s.io/v1', ...event };
  return turn(whole, plan, (reader, about) => requestTimeOf(plan)(reader, about));
}

describe('what a stage says of its request', () => {
  test.each([
    ['the start of an answer', { stage: 'ResponseStarted', verb: 'get' }, true],
    ['the receipt of a watch', { stage: 'RequestReceived', verb: 'watch' }, true],
    [
      'the receipt of an exec',
      { stage: 'RequestReceived', verb: 'create', objectRef: { subresource: 'exec' } },
      true,
    ],
    ['the receipt of an ordinary request', { stage: 'RequestReceived', verb: 'get' }, false],
    ['the end of a watch', { stage: 'ResponseComplete', verb: 'watch' }, false],
    ['a panic', { stage: 'Panic', verb: 'watch' }, false],
    ['no stage', { verb: 'watch' }, false],
  ])('%s', (_, event, starts) => {
    expect(times({ ...event, requestReceivedTimestamp: RECEIVED })).toMatchObject({
      received: TEN,
      starts,
      ends: 'stage' in event && ['ResponseComplete', 'Panic'].includes(event.stage),
    });
  });

  test.each([
    ['no time', {}],
    ['a time that is none', { requestReceivedTimestamp: 'soon' }],
    ['a number', { requestReceivedTimestamp: 7 }],
  ])('%s of receipt', (_, event) => {
    expect(times({ stage: 'ResponseComplete', ...event }).received).toBeUndefined();
  });
});

describe('the time of a hit', () => {
  const second = 1_000_000;
  const at = (after: number, more: Partial<Rule> = {}, timed = true) => {
    const rule = aRule(more);
    const staged = (TEN + after * second) as Micros;
    const time = hitTime(
      rule,
      answeredWithin(rule),
      { recordAt: undefined },
      { at: staged, timed, received: TEN as Micros, starts: false },
    );
    return { after: (time.at - TEN) / second, lasting: time.lasting };
  };

  test.each([
    ['at once', 0, 0, false],
    ['a minute later', 60, 0, false],
    ['more than a minute later', 60.5, 60.5, true],
    ['three hours later', 10_800, 10_800, true],
    ['before it was received', -1, -1, true],
  ])('of an answer %s', (_, after, expected, lasting) => {
    expect(at(after)).toEqual({ after: expected, lasting });
  });

  test('a rule that waits less than a minute has less', () => {
    const window = { kind: 'sliding', quiet: minutes(60), lateness: 5 * second } as unknown as Rule['window'];
    expect(at(5, { window })).toEqual({ after: 0, lasting: false });
    expect(at(6, { window })).toEqual({ after: 6, lasting: true });
  });

  test.each([
    ['counts records', { dedupe: 'record' }],
    ['counts arrivals (parity)', { dedupe: 'none' }],
    ['hears a silence', { condition: [{ op: 'lt', value: 1 }] }],
  ] as [string, Partial<Rule>][])('is its stage for a rule that %s', (_, more) => {
    expect(at(12, more)).toEqual({ after: 12, lasting: false });
  });

  test('is the fallback of an event without a readable stageTimestamp', () => {
    expect(at(12, {}, false)).toEqual({ after: 12, lasting: false });
  });
});

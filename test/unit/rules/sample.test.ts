import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../../src/audit/field-plan.ts';
import { atOnce } from '../../../src/lib/steps.ts';
import { request } from '../../support/events.ts';
import { readNow } from '../audit/told.ts';
import { derivedAs, good, problems } from './loaded.ts';

const BASE = `title: Any
id: 11111111-1111-4111-8111-111111111111
name: any_event
level: low
logsource: {product: kubernetes, service: audit}
detection: {any: {auditID|exists: true}, condition: any}
`;
const counting = (condition: string, more = '') => `title: Counting
id: 22222222-2222-4222-8222-222222222222
level: low
correlation: {type: event_count, rules: [any_event], timespan: 15m, condition: ${condition}}
${more}`;
const SAMPLED = `${BASE}sidewatch: {sample: request}\n`;

describe('a rule that is asked of one event a request', () => {
  test('is matched apart from the others', () => {
    const { bases, needs, compiling } = good([SAMPLED, counting('{lt: 1}')]);
    const plan = compilePlan(needs);
    const { match, sampled } = atOnce(compiling(plan));
    const hits: string[] = [];
    const line = JSON.stringify({ auditID: 'a', stage: 'Panic' });
    readNow(request(line, 'line'), plan, (event) => {
      match(event, derivedAs({}), (id) => hits.push(`each ${id}`));
      sampled?.match(event, derivedAs({}), (id) => hits.push(`some ${id}`));
    });
    expect(hits).toEqual([`some ${bases[0]!.id}`]);
  });

  test('is left alone by filters of any rule, and heeds those that name it', () => {
    const filter = (rules: string) => `title: Filter
id: 33333333-3333-4333-8333-333333333333
logsource: {product: kubernetes, service: audit}
filter: {rules: ${rules}, known: {verb: get}, condition: not known}
`;
    const filters = (rules: string) => good([SAMPLED, counting('{lt: 1}'), filter(rules)]).bases[0]!.filters;
    expect(filters('any')).toEqual([]);
    expect(filters('[any_event]')).toHaveLength(1);
  });

  test.each(['{gte: 5}', '{lt: 3}', '{neq: 0}'])('goes with silence, not with %s', (condition) => {
    expect(problems([SAMPLED, counting(condition)])).toEqual([
      expect.stringContaining('sidewatch.sample: works only with correlations that wait for silence'),
    ]);
  });

  test('does not fire by itself', () => {
    expect(problems(SAMPLED)).toEqual([expect.stringContaining('sidewatch.sample: cannot be set')]);
  });
});

test.each(['quiet: 5m', 'window: {kind: tumbling}', 'emit: close'])('silence has no %s', (setting) => {
  expect(problems([BASE, counting('{eq: 0}', `sidewatch: {${setting}}`)])).toEqual([
    expect.stringContaining('cannot be set for a rule that waits for silence'),
  ]);
});

import { expect } from 'vitest';
import type { Detection } from '../../../src/model/hit.ts';
import type { RiskEvent } from '../../../src/model/risk.ts';
import type { Risk, Rule } from '../../../src/model/rule.ts';
import { renderer } from '../../../src/risk/render.ts';
import { TestCounters } from '../../support/counters.ts';
import { at, TEN } from '../../support/events.ts';
import { aRule as plainRule } from '../../support/hits.ts';

const RISK: Risk = {
  score: 49,
  impact: 70,
  confidence: 70,
  message: 'Kubernetes scanning from ip $client.address$',
  objects: [{ field: 'client.address', type: 'system' }],
  threats: [{ field: 'client.address', type: 'ip_address' }],
  collect: ['userAgent', 'verb'],
  analyticStory: ['Kubernetes Security'],
};

export function aRule(more: Partial<Rule> = {}, risk: Partial<Risk> = {}): Rule {
  return plainRule({
    id: '4f1c',
    title: 'Kubernetes API scanning',
    description: 'Many refused requests.',
    tags: ['attack.discovery', 'attack.t1046'],
    version: '2026-01-15',
    references: ['https://example.org/one', 'https://example.org/two'],
    ruleset: 'sidewatch',
    groupBy: ['client.address', 'k8s.cluster.name'],
    risk: { ...RISK, ...risk },
    ...more,
  });
}

/** A detection of `aRule()`: six hits of one client. */
export function aDetection(more: Partial<Detection> = {}): Detection {
  return {
    id: 'd'.repeat(32),
    rule: '4f1c',
    kind: 'risk',
    at: TEN,
    group: { 'client.address': '81.2.69.142', 'k8s.cluster.name': 'prod' },
    count: 6,
    exact: false,
    window: [at('2026-01-15T09:00:00Z'), TEN],
    seen: [at('2026-01-15T09:59:58.000001Z'), TEN],
    values: {},
    truncated: [],
    cut: false,
    ...more,
  };
}

export const counters = new TestCounters();
export const render = (detection: Detection, rule = aRule(), resource = {}): readonly RiskEvent[] =>
  renderer([rule], resource, counters)(detection);
/** The only risk event of a detection. */
export const one = (detection: Detection, rule = aRule()): RiskEvent => {
  const events = render(detection, rule);
  expect(events).toHaveLength(1);
  return events[0]!;
};
export const attribute = (name: string, detection: Partial<Detection>, rule = aRule()) =>
  one(aDetection(detection), rule).attributes[name];

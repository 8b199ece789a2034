import { digest } from '../../lib/digest.ts';
import { span } from '../../lib/time-format.ts';
import type { Detection } from '../../model/hit.ts';
import type { RiskEvent } from '../../model/risk.ts';
import type { Level, Rule } from '../../model/rule.ts';
import type { Micros } from '../../model/time.ts';
import { createCounters } from '../../ops/counter-store.ts';
import { renderer } from '../../risk/render.ts';

export interface TestEventOptions {
  readonly level: Level;
  readonly score: number;
  /** See `renderer`. */
  readonly resource: Readonly<Record<string, string>>;
}

const ID = '5e4d7e57-0000-4000-8000-73696465776a';

/** A risk event of no detection, which says so. It has the form of all others, so that it goes their whole way. */
export function testEvent(now: Micros, { level, score, resource }: TestEventOptions): RiskEvent {
  const [event] = renderer([testRule(level, score)], resource, createCounters())(testDetection(now));
  return { ...event!, attributes: { ...event!.attributes, 'sidewatch.test': true } };
}

function testRule(level: Level, score: number): Rule {
  return {
    id: ID,
    fingerprint: ID,
    title: 'Test of sidewatch send-test',
    description: 'Shows whether risk events arrive. Nothing was detected.',
    level,
    tags: [],
    references: [],
    falsePositives: [],
    ruleset: 'send-test',
    source: 'sidewatch send-test',
    kind: 'match',
    inputs: [],
    groupBy: [],
    aliases: {},
    condition: [{ op: 'gte', value: 1 }],
    conditionFields: [],
    silent: false,
    carry: [],
    timespan: span(0),
    window: { kind: 'sliding', quiet: span(0), lateness: span(0) },
    group: { multivalue: 'each', repeats: false, place: 'own', missing: 'keep' },
    dedupe: 'request',
    emit: 'crossing',
    time: 'event',
    risk: {
      score,
      message: 'Test event of sidewatch send-test: nothing was detected',
      objects: [],
      threats: [],
      collect: [],
      analyticStory: [],
    },
    rename: {},
  };
}

function testDetection(now: Micros): Detection {
  return {
    // Each run has its own, or a backend that knows the last one would leave it out.
    id: digest([ID, now]),
    rule: ID,
    kind: 'risk',
    at: now,
    group: {},
    count: 1,
    exact: true,
    window: [now, now],
    seen: [now, now],
    values: {},
    truncated: [],
    cut: false,
  };
}

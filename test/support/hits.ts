import { MemoryState } from '../../src/correlate/memory-state.ts';
import { minutes } from '../../src/lib/time-format.ts';
import type { Detection, Hit } from '../../src/model/hit.ts';
import type { RiskEvent } from '../../src/model/risk.ts';
import type { Rule } from '../../src/model/rule.ts';
import type { State } from '../../src/model/state.ts';
import type { Micros } from '../../src/model/time.ts';
import { TestCounters } from './counters.ts';
import { TEN } from './events.ts';

/** A sliding rule that fires for six hits an hour; `more` overrides. */
export function aRule(more: Partial<Rule> = {}): Rule {
  return {
    id: 'rule',
    fingerprint: 'print',
    title: 'Rule',
    description: '',
    level: 'medium',
    tags: [],
    references: [],
    falsePositives: [],
    ruleset: 'test',
    source: 'test.yml:1',
    kind: 'event_count',
    inputs: ['base'],
    groupBy: ['client.address'],
    condition: [{ op: 'gt', value: 5 }],
    aliases: {},
    conditionFields: [],
    silent: false,
    carry: [],
    timespan: minutes(60),
    window: { kind: 'sliding', quiet: minutes(60), lateness: minutes(10) },
    group: { multivalue: 'each', repeats: false, place: 'own', missing: 'keep' },
    dedupe: 'request',
    emit: 'crossing',
    time: 'event',
    risk: {
      score: 49,
      message: 'scan from $client.address$',
      objects: [],
      threats: [],
      collect: ['verb'],
      analyticStory: [],
    },
    rename: {},
    ...more,
  };
}

export const tumbling = {
  kind: 'tumbling',
  offset: minutes(50),
  lateness: minutes(10),
  late: 'drop',
} as const;

let made = 0;

/** A hit of `aRule()` at `at` that arrives at once, with an identity of its own; `more` overrides. */
export function aHit(at: number, more: Partial<Hit> = {}): Hit {
  return {
    rule: 'rule',
    fingerprint: 'print',
    input: 'base',
    record: 0,
    identity: `hit-${made++}`,
    at: at as Micros,
    arrived: at as Micros,
    group: ['192.0.2.1'],
    payer: '192.0.2.0/24',
    values: { verb: ['get'] },
    ...more,
  };
}

/** A stand-in for the risk stage: one event a detection that carries it. */
export function asEvent(detection: Detection): readonly RiskEvent[] {
  return [
    {
      uid: detection.id,
      detection,
      name: detection.kind === 'risk' ? 'sidewatch.risk' : 'sidewatch.summary',
      at: detection.at,
      body: 'fired',
      severity: 13,
      severityText: 'medium',
      rank: { score: 49, level: 'medium' },
      attributes: {},
      resource: {},
    },
  ];
}

export interface Bench {
  readonly state: State & { readonly held: { readonly groups: number; readonly bytes: number } };
  readonly counters: TestCounters;
  /** Admits and records; throws where the state refuses. */
  give(...hits: readonly Hit[]): Promise<void>;
  /** Takes what has fired since, and settles it. */
  fired(): Promise<readonly Detection[]>;
}

export async function aState(
  rules: readonly Rule[],
  limits: { groups?: number; bytes?: number; values?: number; outbox?: number } = {},
): Promise<Bench> {
  const counters = new TestCounters();
  const state = new MemoryState({
    limits: {
      groups: limits.groups ?? 10_000,
      bytes: limits.bytes ?? 128 * 2 ** 20,
      values: limits.values ?? 1000,
    },
    counters,
    destinations: ['test'],
    outbox: limits.outbox ?? 10_000,
  });
  await state.use(rules, asEvent);
  return {
    state,
    counters,
    give: (...hits) => give(state, hits),
    fired: () => fired(state),
  };
}

/** Admits and records; throws where the state refuses. */
export async function give(state: State, hits: readonly Hit[]): Promise<void> {
  const held = state.admit(hits);
  if (!('release' in held)) throw new Error(held.why);
  const how = await state.record(hits, held);
  if (how !== 'recorded') throw new Error(how === 'stale' ? how : how.why);
}

/** Takes what has fired for the destination `test`, and settles it. */
export async function fired(state: State): Promise<readonly Detection[]> {
  const all: Detection[] = [];
  while (state.outbox.left('test') > 0) {
    const batch = await state.outbox.take('test', 100);
    all.push(...batch.map(({ event }) => event.detection));
    await state.outbox.settle(
      'test',
      batch.map(({ seq }) => seq),
      'delivered',
    );
  }
  return all;
}

export const end = (9_000_000_000_000_000 - 1) as Micros;
export { TEN };

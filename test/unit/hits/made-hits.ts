import { compilePlan } from '../../../src/audit/field-plan.ts';
import { DERIVE_NEEDS, derive } from '../../../src/enrich/derive.ts';
import { hitMaker, hitNeeds } from '../../../src/hits/hit-maker.ts';
import { networks } from '../../../src/lib/networks.ts';
import type { Hit } from '../../../src/model/hit.ts';
import type { Grouping, Rule } from '../../../src/model/rule.ts';
import type { Micros } from '../../../src/model/time.ts';
import { TestCounters } from '../../support/counters.ts';
import { type AuditEvent, refused, TEN } from '../../support/events.ts';
import { aRule } from '../../support/hits.ts';
import { kept } from '../audit/told.ts';
import { geo, turn } from '../enrich/turn.ts';

export interface Options {
  readonly trusted?: readonly string[];
  readonly ipv6Prefix?: number;
  readonly cluster?: string;
  readonly recordAt?: Micros;
  readonly base?: string;
  readonly counters?: TestCounters;
}

export const ARRIVED = (TEN + 5_000_000) as Micros;

/** The hits of an event that matched the base rule. */
export function hitsOf(rules: readonly Rule[], event: AuditEvent, options: Options = {}): readonly Hit[] {
  const plan = compilePlan([...DERIVE_NEEDS, ...hitNeeds(rules)]);
  const trusted = networks(options.trusted ?? []);
  const derived = derive({ geo, trusted }, plan);
  const { make } = hitMaker(rules, plan, derived, { ipv6Prefix: options.ipv6Prefix ?? 64 });
  const counters = options.counters ?? new TestCounters();
  return turn(
    event,
    plan,
    (reader, about) => {
      const { recordAt } = options;
      const at = recordAt
        ? { ...kept(about), fallback: about.fallback, received: about.received, recordAt }
        : about;
      return make([options.base ?? 'base'], reader, at, ARRIVED, counters);
    },
    options.cluster,
  );
}

export function grouping(more: Partial<Grouping> = {}): Grouping {
  return { multivalue: 'each', repeats: false, place: 'own', missing: 'keep', ...more };
}

/** The groups that an event counts under. */
export function keys(
  groupBy: readonly string[],
  group: Partial<Grouping>,
  event: AuditEvent,
  options: Options = {},
) {
  return hitsOf([aRule({ groupBy, group: grouping(group) })], event, options).map((hit) => hit.group);
}

export const from = (...sourceIPs: string[]) => refused(TEN, sourceIPs);
/** A request by somebody in these groups. */
export const inGroups = (groups: unknown) => ({ ...from('192.0.2.1'), user: { username: 'eve', groups } });

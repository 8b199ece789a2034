import { family, network } from '../lib/address.ts';
import type { Counters } from '../model/counters.ts';
import type { Derived, FieldNeed, FieldPlan, RequestField } from '../model/event.ts';
import type { Hit, HitMaker } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import { isDerived, isRequestField } from '../semantics/derived-field.ts';
import { sourcesOf } from '../semantics/derived-sources.ts';
import { carriedNames, fieldIn } from '../semantics/rule-fields.ts';
import type { EventGroup } from './event-groups.ts';
import { type EventFacts, FACT_NEEDS, factsOf } from './hit-facts.ts';
import { IDENTITY_NEEDS, identify } from './identity.ts';
import { RememberedValues } from './remembered-values.ts';
import {
  hitTime,
  REQUEST_TIME_NEEDS,
  type RequestTime,
  requestTimeOf,
  secondsLasted,
} from './request-time.ts';
import { type RuleHits, ruleHits } from './rule-hits.ts';

/** All fields that hits read from an event, except the client's, each path once: for the identity, for the facts, and the rules' own fields. */
export function hitNeeds(rules: readonly Rule[]): FieldNeed[] {
  const needs = new Map(
    [...IDENTITY_NEEDS, ...REQUEST_TIME_NEEDS, ...FACT_NEEDS].map((need) => [need.path, need]),
  );
  const derived = new Set<RequestField>();
  for (const { rule, input } of counted(rules))
    for (const name of carriedNames(rule)) {
      const path = fieldIn(rule, input, name);
      if (isRequestField(path)) derived.add(path);
      else if (!isDerived(path) && !needs.has(path)) needs.set(path, { path, literals: [] });
    }
  return [...needs.values(), ...[...derived].flatMap(sourcesOf)];
}

/** Each base rule that a rule counts, once. A rule may also count detections of other rules; these need no event. */
function* counted(rules: readonly Rule[]): Iterable<{ readonly rule: Rule; readonly input: string }> {
  const correlations = new Set(rules.filter(({ kind }) => kind !== 'match').map(({ id }) => id));
  for (const rule of rules)
    for (const input of new Set(rule.inputs)) if (!correlations.has(input)) yield { rule, input };
}

/** `ipv6Prefix`: the prefix length by which IPv6 clients are grouped; 128 groups none. `plan` holds what `hitNeeds` gives. */
export function hitMaker(
  rules: readonly Rule[],
  plan: FieldPlan,
  derived: Derived,
  options: { readonly ipv6Prefix: number },
): HitMaker {
  const fold = (address: string) => folded(address, options.ipv6Prefix);
  const remembered = new RememberedValues(derived);
  const byBase = new Map<string, RuleHits[]>();
  for (const { rule, input } of counted(rules)) {
    const hits = ruleHits(rule, input, { plan, derived, fold, remembered });
    byBase.set(input, [...(byBase.get(input) ?? []), hits]);
  }
  const identityOf = identify(plan);
  const timeOf = requestTimeOf(plan);
  const factsIn = factsOf(plan, derived, remembered);
  return {
    make(bases, event, about, arrived, counters, idle) {
      const made: Hit[] = [];
      // What all hits of an event share is made once, and only if there is a hit. No closures: one costs as much as a hit.
      let facts: EventFacts | undefined;
      let time: RequestTime | undefined;
      const identities: Identities = { request: undefined, record: undefined, none: null };
      remembered.begin(event);
      for (const base of bases) {
        for (const { rule, within, groups: groupsIn, values: valuesIn } of byBase.get(base) ?? NONE) {
          time ??= timeOf(event, about);
          const { at, lasting } = hitTime(rule, within, about, time);
          const groups =
            // The start of a session is kept in mind even where it adds nothing: its end must not count.
            idle === undefined || (lasting && time.starts)
              ? groupsIn(event, counters)
              : withoutIdle(
                  rule,
                  groupsIn(event, counters),
                  (group) => idle(rule.id, rule.fingerprint, group, at, arrived),
                  counters,
                );
          if (groups.length === 0) continue;
          facts ??= factsIn(event, secondsLasted(time), about.fallback);
          const { dedupe } = rule;
          if (identities[dedupe] === undefined) identities[dedupe] = identityOf(dedupe, event, about.at);
          const values = valuesIn(event, groups, facts.values, counters);
          for (let i = 0; i < groups.length; i++)
            made.push({
              rule: rule.id,
              fingerprint: rule.fingerprint,
              input: base,
              record: about.record,
              identity: identities[dedupe] ?? null,
              at,
              arrived,
              ...(lasting ? { lasting } : {}),
              group: groups[i]!.key,
              payer: facts.payer,
              values: values[i]!,
            });
        }
      }
      return made;
    },
  };
}

type Identities = Record<Rule['dedupe'], string | null | undefined>;

/** The groups for which a hit is not idle. */
function withoutIdle(
  { id }: Rule,
  all: readonly EventGroup[],
  idle: (group: EventGroup['key']) => boolean,
  counters: Counters,
): readonly EventGroup[] {
  const kept = all.filter(({ key }) => !idle(key));
  if (kept.length < all.length) counters.add('hits_idle', all.length - kept.length, id);
  return kept;
}

const NONE: readonly RuleHits[] = [];

/** An IPv6 address as its network in CIDR form, so that one client cannot pose as 2^64 clients; any other as it is. */
function folded(address: string, ipv6Prefix: number): string {
  return ipv6Prefix < 128 && family(address) === 6 ? network(address, ipv6Prefix) : address;
}

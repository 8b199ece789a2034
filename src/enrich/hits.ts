import { family, type Networks, network } from '../lib/address.ts';
import { isDerived } from '../lib/derived-field.ts';
import { fieldIn } from '../lib/rule-fields.ts';
import type { Counters } from '../model/counters.ts';
import type { Derived, Envelope, EventReader, FieldNeed, FieldPlan } from '../model/event.ts';
import type { Hit } from '../model/hit.ts';
import type { Rule } from '../model/rule.ts';
import type { Idle } from '../model/state.ts';
import type { Micros } from '../model/time.ts';
import { FACT_NEEDS, factsOf } from './facts.ts';
import { IDENTITY_NEEDS, identify } from './identity.ts';
import { carriedNames, type RuleHits, ruleHits } from './rule-hits.ts';

/** Everything that hits read from an event, each path once: identity, facts, and the rules' own fields. */
export function hitNeeds(rules: readonly Rule[]): FieldNeed[] {
  const paths = new Set([...IDENTITY_NEEDS, ...FACT_NEEDS].map(({ path }) => path));
  for (const { rule, input } of counted(rules))
    for (const name of carriedNames(rule)) {
      const path = fieldIn(rule, input, name);
      if (!isDerived(path)) paths.add(path);
    }
  return [...paths].map((path) => ({ path, literals: [] }));
}

/** Every base rule that a rule counts, once. Detections of other rules, which it may count too, are read from no event. */
function* counted(rules: readonly Rule[]): Iterable<{ readonly rule: Rule; readonly input: string }> {
  const correlations = new Set(rules.filter(({ kind }) => kind !== 'match').map(({ id }) => id));
  for (const rule of rules)
    for (const input of new Set(rule.inputs)) if (!correlations.has(input)) yield { rule, input };
}

export interface HitMaker {
  /** The hits of an event that matched a base rule, for every rule that counts it; at most GROUP_MEMBERS_MAX a rule. */
  /** `idle` tells of hits that need not be made. */
  make(base: string, event: EventReader, about: Envelope, arrived: Micros, idle?: Idle): readonly Hit[];
}

/** `ipv6Prefix`: the prefix by which IPv6 clients are grouped, 128 for none. The plan holds what `hitNeeds` asks for. */
export function hitMaker(
  rules: readonly Rule[],
  plan: FieldPlan,
  derived: Derived,
  options: { readonly trusted: Networks; readonly ipv6Prefix: number },
  counters: Counters,
): HitMaker {
  const fold = (address: string) => folded(address, options.ipv6Prefix);
  const byBase = new Map<string, RuleHits[]>();
  for (const { rule, input } of counted(rules)) {
    const hits = ruleHits(rule, input, { plan, derived, fold }, counters);
    byBase.set(input, [...(byBase.get(input) ?? []), hits]);
  }
  const identityOf = identify(plan);
  const factsIn = factsOf(plan, derived, options.trusted);
  return {
    make(base, event, about, arrived, idle = never) {
      const made: Hit[] = [];
      const facts = once(() => factsIn(event));
      const identities = {
        request: once(() => identityOf('request', event, about.at)),
        record: once(() => identityOf('record', event, about.at)),
        none: () => null,
      };
      for (const { rule, groups: groupsIn, values: valuesIn } of byBase.get(base) ?? []) {
        const at = rule.time === 'record' ? (about.recordAt ?? about.at) : about.at;
        const all = groupsIn(event);
        const groups = all.filter(({ key }) => !idle(rule.id, rule.fingerprint, key, at));
        if (groups.length < all.length) counters.add('hits_idle', all.length - groups.length, rule.id);
        if (groups.length === 0) continue;
        const values = valuesIn(event, groups);
        const { client, values: told } = facts();
        groups.forEach(({ key }, i) => {
          made.push({
            rule: rule.id,
            fingerprint: rule.fingerprint,
            input: base,
            record: about.record,
            identity: identities[rule.dedupe](),
            at,
            arrived,
            group: key,
            payer: payerOf(client?.address),
            values: { ...values[i], ...told },
          });
        });
      }
      return made;
    },
  };
}

const never: Idle = () => false;

/** An IPv6 address as its network in CIDR form, so that a client cannot be 2^64 clients; others as they are. */
function folded(address: string, ipv6Prefix: number): string {
  return ipv6Prefix < 128 && family(address) === 6 ? network(address, ipv6Prefix) : address;
}

/** The network whose holder pays for a group's room: /24, or /32 of IPv6; '' for text that is no address. */
function payerOf(client: string | undefined): string {
  const which = client === undefined ? undefined : family(client);
  return client === undefined || which === undefined ? '' : network(client, which === 4 ? 24 : 32);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

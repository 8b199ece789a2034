import { compilePlan } from '../audit/field-plan.ts';
import { faultLines } from '../config/fault-lines.ts';
import type { Config } from '../config/schema.ts';
import { DERIVE_NEEDS, derive } from '../enrich/derive.ts';
import { type OpenGeo, openGeo } from '../enrich/geo.ts';
import type { Geo } from '../enrich/place.ts';
import { hitMaker, hitNeeds } from '../hits/hit-maker.ts';
import { networks } from '../lib/address.ts';
import { atOnce, type Steps } from '../lib/steps.ts';
import type { Counters } from '../model/counters.ts';
import type { Rule } from '../model/rule.ts';
import type { Detector } from '../pipeline.ts';
import type { Problem, RuleSet } from '../rules/assembly/load-rules.ts';
import { loadingRuleSet } from './load-rule-set.ts';
import { settingFault } from './setting-fault.ts';
import { UserError } from './user-error.ts';

export interface Loaded {
  readonly rules: readonly Rule[];
  readonly warnings: readonly Problem[];
  /** Equal for sets that fire in the same way. */
  readonly hash: string;
  readonly ruleSet: RuleSet;
  readonly detector: Detector;
}

/** Rules, field plan, enrichment and matching of one configuration. Throws UserError with all problems at once. */
export function loadDetector(config: Config, counters: Counters, geo: Geo = openGeography(config)): Loaded {
  return atOnce(loadingDetector(config, counters, geo));
}

/** `loadDetector` in steps. */
export function* loadingDetector(config: Config, counters: Counters, geo: Geo): Steps<Loaded> {
  const ruleSet = yield* loadingRuleSet(config.rules, { place: config.place });
  yield;
  const { rules, warnings, hash } = ruleSet;
  return { rules, warnings, hash, ruleSet, detector: detectorOf(ruleSet, config, counters, geo) };
}

/** The detector of a rule set. `rules`: the rules of the set that get hits. */
export function detectorOf(
  ruleSet: RuleSet,
  config: Config,
  counters: Counters,
  geo: Geo,
  rules: readonly Rule[] = ruleSet.rules,
): Detector {
  const plan = compilePlan([...ruleSet.needs, ...DERIVE_NEEDS, ...hitNeeds(rules)]);
  const trusted = networks(config.client.trusted_proxies);
  const derived = derive({ geo, trusted }, plan);
  const ipv6Prefix = config.client.ipv6_prefix;
  const matcher = ruleSet.compile(plan);
  const maker = hitMaker(rules, plan, derived, { ipv6Prefix }, counters);
  return {
    plan,
    derived,
    matcher,
    sampled: matcher.sampled,
    unseen: matcher.unseen,
    lastMatch: new Map(),
    hitsOf: maker.make,
  };
}

/** `onLost` hears of it if the database is written over while it is read. Whoever opens it closes it. */
export function openGeography(config: Config, onLost?: (why: string) => void): OpenGeo {
  try {
    return openGeo(config.geo.city, onLost);
  } catch (error) {
    const fault = settingFault(['geo', 'city'], (error as Error).message, config.place);
    throw new UserError(faultLines([fault]));
  }
}

import { makingReader } from '../audit/bytes/byte-reading.ts';
import { compilingPlan } from '../audit/field-plan.ts';
import { faultLines } from '../config/fault-lines.ts';
import type { Config } from '../config/schema.ts';
import { settingFault } from '../config/setting-fault.ts';
import { DERIVE_NEEDS, derive } from '../enrich/derive.ts';
import { type GeoFiles, geoFiles } from '../enrich/geo.ts';
import type { Geo } from '../enrich/place.ts';
import { hitMaker, hitNeeds } from '../hits/hit-maker.ts';
import { networks } from '../lib/networks.ts';
import { atOnce, type Steps } from '../lib/steps.ts';
import type { Rule } from '../model/rule.ts';
import type { Detector } from '../pipeline.ts';
import type { Problem, RuleSet } from '../rules/assembly/load-rules.ts';
import { countingRules } from '../semantics/counting-rules.ts';
import { loadingRuleSet } from './load-rule-set.ts';
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
export function loadDetector(config: Config, geo: Geo): Loaded {
  return atOnce(loadingDetector(config, geo));
}

/** `loadDetector` in steps. `keepValid`: see RuleSource. */
export function* loadingDetector(config: Config, geo: Geo, keepValid = false): Steps<Loaded> {
  const ruleSet = yield* loadingRuleSet(config.rules, { place: config.place, keepValid });
  yield;
  const { rules, warnings, hash } = ruleSet;
  const detector = yield* makingDetector(ruleSet, config, geo, rules);
  yield* makingReader(detector.plan);
  return { rules, warnings, hash, ruleSet, detector };
}

/** The detector of a rule set. `rules`: the rules of the set that get hits. */
export function detectorOf(
  ruleSet: RuleSet,
  config: Config,
  geo: Geo,
  rules: readonly Rule[] = ruleSet.rules,
): Detector {
  return atOnce(makingDetector(ruleSet, config, geo, rules));
}

function* makingDetector(
  ruleSet: RuleSet,
  config: Config,
  geo: Geo,
  rules: readonly Rule[],
): Steps<Detector> {
  const needs = hitNeeds(rules);
  yield;
  const plan = yield* compilingPlan([...ruleSet.needs, ...DERIVE_NEEDS, ...needs]);
  const trusted = networks(config.client.trusted_proxies);
  const derived = derive({ geo, trusted }, plan);
  const ipv6Prefix = config.client.ipv6_prefix;
  yield;
  const matcher = yield* ruleSet.compiling(plan);
  yield;
  const maker = hitMaker(rules, plan, derived, { ipv6Prefix });
  yield;
  return {
    plan,
    derived,
    matcher,
    sampled: matcher.sampled,
    unseen: matcher.unseen,
    lastMatch: new Map(),
    hitsOf: maker.make,
    countedBy: countingRules(rules),
  };
}

/**
 * The geo database of a configuration; throws UserError where a file is missing, and so does its `open` for one that is
 * broken. `onFailure` gets one line if a file cannot be opened when an address first asks for it; without it, that throws.
 */
export function geoOf({ geo: { city }, place }: Config, onFailure?: (why: string) => void): GeoFiles {
  const refuse = (why: string): never => {
    throw new UserError(faultLines([settingFault(['geo', 'city'], why, place)]));
  };
  const refused = ({ message }: Error) => refuse(message);
  try {
    const files = geoFiles(city, onFailure ?? refuse);
    return {
      locate: files.locate,
      get generation() {
        return files.generation;
      },
      file: files.file,
      open: () => files.open().catch(refused),
      reload: () => files.reload().catch(refused),
    };
  } catch (error) {
    return refused(error as Error);
  }
}

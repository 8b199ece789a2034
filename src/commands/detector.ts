import { compilePlan } from '../audit/plan.ts';
import type { Config } from '../config/schema.ts';
import { DERIVE_NEEDS, derive } from '../enrich/derive.ts';
import { type Geo, type OpenGeo, openGeo } from '../enrich/geo.ts';
import { hitMaker, hitNeeds } from '../enrich/hits.ts';
import { networks } from '../lib/address.ts';
import type { Counters } from '../model/counters.ts';
import type { Rule } from '../model/rule.ts';
import type { Detector } from '../pipeline.ts';
import { packFiles, ruleFiles } from '../rules/files.ts';
import { loadRules, type Problem } from '../rules/load.ts';
import { UserError } from './user-error.ts';

export interface Loaded {
  readonly rules: readonly Rule[];
  readonly warnings: readonly Problem[];
  readonly detector: Detector;
}

/** Rules, field plan, enrichment and matching of one configuration. Throws UserError with every problem at once. */
export function loadDetector(config: Config, counters: Counters, geo: Geo = openGeography(config)): Loaded {
  const files = [...packFiles(config.rules.packs), ...userFiles(config.rules.files)];
  const loaded = loadRules(files, { resultFilters: config.rules.result_filters });
  if ('problems' in loaded)
    throw new UserError(loaded.problems.map(({ where, message }) => `${where}  ${message}`));
  const { ruleSet } = loaded;
  const plan = compilePlan([...ruleSet.needs, ...DERIVE_NEEDS, ...hitNeeds(ruleSet.rules)]);
  const trusted = networks(config.client.trusted_proxies);
  const derived = derive({ geo, trusted }, plan);
  const maker = hitMaker(
    ruleSet.rules,
    plan,
    derived,
    { trusted, ipv6Prefix: config.client.ipv6_prefix },
    counters,
  );
  return {
    rules: ruleSet.rules,
    warnings: ruleSet.warnings,
    detector: { plan, derived, matcher: ruleSet.compile(plan), hitsOf: maker.make },
  };
}

/** `onLost` hears of it if the database is written over while it is read. Whoever opens it closes it. */
export function openGeography(config: Config, onLost?: (why: string) => void): OpenGeo {
  try {
    return openGeo(config.geo.city, onLost);
  } catch (error) {
    throw new UserError([(error as Error).message]);
  }
}

function userFiles(patterns: readonly string[]) {
  try {
    return ruleFiles(patterns);
  } catch (error) {
    throw new UserError([(error as Error).message]);
  }
}

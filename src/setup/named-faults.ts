import type { GoodPart } from '../config/good-part.ts';
import type { Target } from '../config/target.ts';
import { destinationsFor } from './destinations.ts';
import { geoOf } from './detector.ts';
import { loadRuleSet } from './load-rule-set.ts';
import { together } from './together.ts';
import { UserError } from './user-error.ts';

/**
 * What is wrong with what a configuration names: files of destinations, the geo database, rules. A line each, and none
 * hides another.
 */
export async function namedFaults(
  { config, rulesLack }: GoodPart,
  targets: readonly Target[],
): Promise<readonly string[]> {
  try {
    await together(
      () => destinationsFor(targets, config.place),
      () => geoOf(config).open(),
      () => loadRuleSet(config.rules, { place: config.place, lack: rulesLack }),
    );
    return [];
  } catch (error) {
    if (error instanceof UserError) return error.lines;
    throw error;
  }
}

import type { Target } from '../config/target.ts';
import type { UsablePart } from '../config/usable-part.ts';
import { destinationsFor } from './destinations.ts';
import { openGeography } from './detector.ts';
import { loadRuleSet } from './load-rule-set.ts';
import { UserError } from './user-error.ts';

/**
 * What is wrong with what a configuration names: files of destinations, the geo database, rules. A line each, and none
 * hides another.
 */
export function namedFaults(
  { config, rulesIncomplete }: UsablePart,
  targets: readonly Target[],
): readonly string[] {
  return [
    () => destinationsFor(targets, config.place),
    () => openGeography(config).close(),
    () => loadRuleSet(config.rules, { place: config.place, lack: rulesIncomplete }),
  ].flatMap(linesOf);
}

function linesOf(look: () => unknown): readonly string[] {
  try {
    look();
    return [];
  } catch (error) {
    if (error instanceof UserError) return error.lines;
    throw error;
  }
}

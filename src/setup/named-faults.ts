import type { Target } from '../config/target.ts';
import type { UsablePart } from '../config/usable-part.ts';
import { destinationsFor } from './destinations.ts';
import { openGeography } from './detector.ts';
import { loadRuleSet } from './load-rule-set.ts';
import { UserError } from './user-error.ts';

/** All problems of files that a configuration names: destinations, the geo database, rules. One line each. */
export function namedFaults(
  { config, rulesIncomplete }: UsablePart,
  targets: readonly Target[],
): readonly string[] {
  return [
    () => destinationsFor(targets, config.place),
    () => openGeography(config).close(),
    () => loadRuleSet(config.rules, { place: config.place, incomplete: rulesIncomplete }),
  ].flatMap(linesOf);
}

function linesOf(open: () => unknown): readonly string[] {
  try {
    open();
    return [];
  } catch (error) {
    if (error instanceof UserError) return error.lines;
    throw error;
  }
}

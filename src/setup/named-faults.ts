import type { Target } from '../config/target.ts';
import type { UsablePart } from '../config/usable-part.ts';
import { destinationsFor } from './destinations.ts';
import { geoOf } from './detector.ts';
import { loadRuleSet } from './load-rule-set.ts';
import { metricsPush } from './metrics-push.ts';
import { nextHopOf } from './next-hop-of.ts';
import { consoleTokens, receiverFiles } from './receiver-files.ts';
import { together } from './together.ts';
import { UserError } from './user-error.ts';

/** All problems of files that a configuration names: destinations, the next hop, the geo database, the receiver's certificates and tokens, rules. One line each. */
export async function namedFaults(
  { config, rulesIncomplete }: UsablePart,
  targets: readonly Target[],
): Promise<readonly string[]> {
  try {
    await together(
      () => destinationsFor(targets, config.place),
      () => metricsPush(config),
      async () => (await nextHopOf(config))?.stop(),
      () => geoOf(config).open(),
      () => receiverFiles(config),
      () => consoleTokens(config),
      () => loadRuleSet(config.rules, { place: config.place, incomplete: rulesIncomplete }),
    );
    return [];
  } catch (error) {
    if (error instanceof UserError) return error.lines;
    throw error;
  }
}

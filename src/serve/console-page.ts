import type { Config } from '../config/schema.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import { jsonPage, type PageServer, startPageServer } from './page-server.ts';
import { ruleActivity } from './rule-activity.ts';
import type { RulesInForce } from './rules-in-force.ts';

/** The page at telemetry.console.endpoint, if that is set: what `rules list --live` reads. */
export async function startConsolePage(
  { telemetry }: Config,
  inForce: RulesInForce,
  counters: ReadableCounters,
): Promise<PageServer | undefined> {
  const { endpoint } = telemetry.console;
  if (endpoint === undefined) return undefined;
  return startPageServer(endpoint, 'telemetry.console.endpoint', {
    '/rules': () => jsonPage(ruleActivity(inForce.loaded.ruleSet, inForce.detector(), counters)),
  });
}

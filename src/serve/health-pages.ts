import type { Config } from '../config/schema.ts';
import type { Readiness } from '../model/readiness.ts';
import { jsonPage, type PageServer, type Pages, startPageServer } from './page-server.ts';

/**
 * The pages of a health check. `/livez`: whether a restart would help; an answer shows that the event loop turns, and
 * `fault` names what else stands still. `/readyz`: whether requests are welcome.
 */
export function healthPages(readiness: Readiness, fault: () => string | undefined): Pages {
  return {
    '/livez': () => {
      const why = fault();
      return health(why === undefined ? [] : [why]);
    },
    '/readyz': () => health(readiness.now().reasons),
  };
}

/** The pages at telemetry.health.endpoint, if that is set. `fault`: see healthPages. */
export async function startHealthPage(
  { telemetry }: Config,
  readiness: Readiness,
  fault: () => string | undefined,
): Promise<PageServer | undefined> {
  const { endpoint } = telemetry.health;
  if (endpoint === undefined) return undefined;
  return startPageServer(endpoint, 'telemetry.health.endpoint', healthPages(readiness, fault));
}

function health(reasons: readonly string[]) {
  const ok = reasons.length === 0;
  return jsonPage({ status: ok ? 'ok' : 'unavailable', reasons }, ok ? 200 : 503);
}

import type { Readiness } from '../model/readiness.ts';
import { jsonPage, type Pages } from './status-page.ts';

/**
 * The pages of a health check. `/livez`: whether a restart would help; an answer shows that the event loop turns, and
 * `faults` names what else stands still. `/readyz`: whether requests are welcome.
 */
export function healthPages(readiness: Readiness, faults: () => readonly string[]): Pages {
  return {
    '/livez': () => health(faults()),
    '/readyz': () => health(readiness.now().reasons),
  };
}

function health(reasons: readonly string[]) {
  const ok = reasons.length === 0;
  return jsonPage({ status: ok ? 'ok' : 'unavailable', reasons }, ok ? 200 : 503);
}

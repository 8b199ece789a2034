import type { RiskEvent } from '../../src/model/risk.ts';
import type { Micros } from '../../src/model/time.ts';
import { type Engine, engine } from '../support/engine.ts';
import { type AuditEvent, refused, TEN } from '../support/events.ts';

export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const CLUSTER = 'prod';

/** How long after its request `refused` answers. */
const ANSWERED = 800;

/** Names of rules that say that somebody scans. */
export const SCANNING = 'Kubernetes API Scanning';
export const SLOW_SCAN = 'Kubernetes API Low And Slow Scan';

/** The default pack, and what attackers do to it. `more`: further lines of the configuration. */
export const attacked = (more = ''): Promise<Engine> => engine(`rules: {packs: [sidewatch]}\n${more}`);

/** Only the rule for scans: for what is sent very often. */
export const attackedScan = (more = ''): Promise<Engine> => {
  const file = new URL('../../rules/sidewatch/discovery/kubernetes_api_scanning.yml', import.meta.url)
    .pathname;
  return engine(`rules: {packs: [], files: ["${file}"]}\n${more}`);
};

export const after = (time: number): Micros => (TEN + time) as Micros;

/** A refused anonymous request, which comes `at` after ten o'clock and is answered 800 microseconds later. */
export const attempt = (at: number, addresses: readonly string[], more: AuditEvent = {}): AuditEvent =>
  refused(after(at + ANSWERED), addresses, more);

/** One request each, in order; what they say arrives at once. */
export async function sent(
  sidewatch: Engine,
  events: readonly AuditEvent[],
  arrived?: Micros,
): Promise<void> {
  const verdict = await sidewatch.send(events, arrived ?? lastOf(events), CLUSTER);
  if (verdict.kind !== 'accepted' || verdict.rejected > 0) throw new Error(JSON.stringify(verdict));
}

function lastOf(events: readonly AuditEvent[]): Micros {
  return (Math.max(...events.map(({ stageTimestamp }) => Date.parse(stageTimestamp))) * 1000) as Micros;
}

/** Risk events, without summaries and overflow detections. */
export async function risks(sidewatch: Engine): Promise<readonly RiskEvent[]> {
  return (await sidewatch.fired()).filter(({ name }) => name === 'sidewatch.risk');
}

export const rulesOf = (events: readonly RiskEvent[]): readonly string[] =>
  [...new Set(events.map(({ attributes }) => String(attributes['security_rule.name'])))].sort();

export const of = (rule: string, events: readonly RiskEvent[]): readonly RiskEvent[] =>
  events.filter(({ attributes }) => attributes['security_rule.name'] === rule);

import { basename } from 'node:path';
import type { RiskEvent } from '../../../src/model/risk.ts';
import type { Rule } from '../../../src/model/rule.ts';
import type { Micros } from '../../../src/model/time.ts';
import { type Engine, engine } from '../engine.ts';
import { otlpBytes } from '../events.ts';
import { end } from '../hits.ts';
import type { AuditLevel, Call } from './call.ts';
import type { ProductionEvent } from './events.ts';
import { MINUTE } from './schedule.ts';
import { week } from './week.ts';

export interface Fired {
  /** The name of its file. */
  readonly rule: string;
  readonly level: string;
  readonly account: string;
  readonly at: Micros;
}

/** What the default pack says of the first days of the week, each detection once. */
export interface Judged {
  readonly events: number;
  readonly actors: ReadonlySet<string>;
  /** Events of which public reports of false alarms are about. */
  readonly requests: Record<string, number>;
  readonly fired: readonly Fired[];
}

/** Records come to us about so long after their events. */
const DELIVERED_EVERY = 5 * MINUTE;

export async function judged(level: AuditLevel, days: number): Promise<Judged> {
  const run = await engine('rules: {packs: [sidewatch]}');
  const names = fileNames(run.rules);
  const detections = new Map<string, Fired>();
  const take = async () => {
    for (const event of await run.fired())
      if (event.name === 'sidewatch.risk')
        detections.set(event.detection.id, told(event, names.get(event.detection.rule)!));
  };
  const seen = { events: 0, actors: new Set<string>(), requests: {} as Record<string, number> };
  for (const delivered of deliveries(week(level, days))) {
    for (const event of delivered) note(event, seen);
    await deliver(run, delivered);
    await take();
  }
  await run.end();
  await run.close(end);
  await take();
  return { ...seen, fired: [...detections.values()] };
}

/** Ids of rules to the names of their files. */
export const fileNames = (rules: readonly Rule[]): ReadonlyMap<string, string> =>
  new Map(rules.map(({ id, source }) => [id, basename(source).replace(/\.yml.*/, '')]));

function* deliveries(events: Iterable<ProductionEvent>): Generator<readonly ProductionEvent[]> {
  let waiting: ProductionEvent[] = [];
  const slot = ({ at }: ProductionEvent) => Math.floor(at / DELIVERED_EVERY);
  for (const event of events) {
    if (waiting.length > 0 && slot(waiting[0]!) !== slot(event)) {
      yield waiting;
      waiting = [];
    }
    waiting.push(event);
  }
  yield waiting;
}

async function deliver(run: Engine, events: readonly ProductionEvent[]): Promise<void> {
  const lines = events.map((event) => event.line());
  const verdict = await run.handle(otlpBytes(lines, { 'k8s.cluster.name': 'prod-eu-1' }), events.at(-1)!.at);
  if (verdict.kind !== 'accepted' || verdict.rejected > 0) throw new Error(JSON.stringify(verdict));
}

function note(
  { actor, call }: ProductionEvent,
  seen: { events: number; actors: Set<string>; requests: Record<string, number> },
): void {
  seen.events++;
  seen.actors.add(actor);
  const reported = reportedAs(call);
  if (reported !== undefined) seen.requests[reported] = (seen.requests[reported] ?? 0) + 1;
}

const HEALTH = new Set(['/healthz', '/livez', '/readyz']);

/** Which public report of false alarms it reminds of; docs/false-alarms.md compares. */
function reportedAs({ by, verb, to }: Call): string | undefined {
  const { username = 'system:anonymous' } = by.user;
  if ('path' in to)
    return username === 'system:anonymous' && HEALTH.has(to.path) ? 'healthChecks' : undefined;
  if (to.kind !== 'secrets' || (verb !== 'get' && verb !== 'list')) return undefined;
  if (username.startsWith('system:node:')) return 'secretsByNodes';
  if (!username.startsWith('system:serviceaccount:')) return undefined;
  return verb === 'get' ? 'secretGetsByAccounts' : 'secretListsByAccounts';
}

const told = ({ attributes, severityText: level, at }: RiskEvent, rule: string): Fired => ({
  rule,
  level,
  account: String(
    attributes['sidewatch.group.user.username'] ?? attributes['user.name'] ?? attributes['client.address'],
  ),
  at,
});

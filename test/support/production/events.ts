import type { Micros } from '../../../src/model/time.ts';
import type { Actor } from './actor.ts';
import { autoscalers } from './autoscalers.ts';
import { type AuditLevel, type Entry, entries } from './call.ts';
import { certificates } from './certificates.ts';
import { ci } from './ci.ts';
import { cloud } from './cloud.ts';
import { controlPlane } from './control-plane.ts';
import { dice } from './dice.ts';
import { gitops } from './gitops.ts';
import { healthChecks } from './health-checks.ts';
import { upgrades } from './kubeadm.ts';
import { nodes } from './nodes.ts';
import { operators } from './operators.ts';
import { people } from './people.ts';
import type { Rates } from './rates.ts';
import { scans } from './scans.ts';

export const ACTORS = {
  nodes,
  controlPlane,
  healthChecks,
  certificates,
  operators,
  autoscalers,
  gitops,
  ci,
  cloud,
  upgrades,
  people,
  scans,
} as const satisfies Record<string, Actor>;

export interface Source {
  readonly seed: string;
  readonly level: AuditLevel;
  readonly rates: Rates;
  readonly from: Micros;
  /** The actors are asked for so long a stretch at a time. */
  readonly stretch: number;
}

export interface ProductionEvent extends Entry {
  readonly actor: keyof typeof ACTORS;
}

/** Audit events without end, in the order of their times. The same source gives the same events. */
export function* productionEvents({
  seed,
  level,
  rates,
  from,
  stretch,
}: Source): Generator<ProductionEvent, never> {
  let waiting: ProductionEvent[] = [];
  for (let n = 0; ; n++) {
    const now = { from: (from + n * stretch) as Micros, to: (from + (n + 1) * stretch) as Micros };
    for (const [actor, act] of Object.entries(ACTORS) as [keyof typeof ACTORS, Actor][]) {
      const own = dice(seed, actor, n);
      for (const call of act(now, rates, own))
        for (const entry of entries(call, level, own)) waiting.push({ ...entry, actor });
    }
    waiting.sort((a, b) => a.at - b.at);
    const due = waiting.findIndex(({ at }) => at >= now.to);
    const ready = due < 0 ? waiting : waiting.slice(0, due);
    waiting = due < 0 ? [] : waiting.slice(due);
    yield* ready;
  }
}

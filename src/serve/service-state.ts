import { faultLines } from '../config/fault-lines.ts';
import type { Config } from '../config/schema.ts';
import { settingFault } from '../config/setting-fault.ts';
import type { QueueOptions } from '../config/target.ts';
import { MemoryState } from '../correlate/memory-state.ts';
import type { WindowState } from '../correlate/window-state.ts';
import type { DeadLetters } from '../model/dead-letters.ts';
import type { Render, Route } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import type { Ms } from '../model/time.ts';
import { steadyClock } from '../ops/clock.ts';
import type { ReadableCounters } from '../ops/counter-store.ts';
import type { Log } from '../ops/own-log.ts';
import { limitsOf } from '../setup/settings.ts';
import { UserError } from '../setup/user-error.ts';
import type { DurableState } from '../store/durable-state.ts';
import type { ProblemLog } from './problem-log.ts';
import type { ReadinessCheck } from './service-readiness.ts';
import type { StartedPart } from './started-parts.ts';

/** Only for tests, which want snapshots all the time: bytes of journal after which one is made. */
const SNAPSHOT_AFTER = Number(process.env['SIDEWATCH_SNAPSHOT_AFTER']) || undefined;

const NEVER = new Promise<never>(() => {});

export type StoreSizes = Awaited<ReturnType<DurableState['sizes']>>;

/** Windows and outbox of a service, and what belongs to them if they are on disk. */
export interface ServiceState {
  readonly state: WindowState;
  /** Why the store takes nothing for now. */
  readonly writable: ReadinessCheck;
  /** Closes the store, after everything that uses it. */
  readonly store: StartedPart | undefined;
  /** True if a stop keeps windows open and risk events waiting. */
  readonly keeps: boolean;
  /** Bytes on disk, for metrics; undefined without a store. Rejects while the store cannot say. */
  readonly sizes: (() => Promise<StoreSizes>) | undefined;
  /** Resolves, with the reason, when only a new process can store anything. */
  readonly ended: Promise<string>;
}

interface StateOptions {
  readonly config: Config;
  readonly queues: ReadonlyMap<string, QueueOptions>;
  readonly route?: Route | undefined;
  readonly deadLetters: DeadLetters | undefined;
  readonly counters: ReadableCounters;
  readonly problems: ProblemLog;
  readonly log: Log;
  /** A commit has ended. */
  readonly committed: (took: Ms) => void;
  /** Renders detections of rules that were in force before a restart. */
  readonly rendererOf: (rules: readonly Rule[]) => Render;
}

/** Throws UserError where a store cannot be opened. */
export async function openServiceState(options: StateOptions): Promise<ServiceState> {
  const { config, queues, route, deadLetters, counters } = options;
  const context = { limits: limitsOf(config), counters };
  const destinations = [...queues.keys()];
  const routed = route === undefined ? {} : { route };
  if (config.storage.kind === 'memory') {
    const state = new MemoryState({ ...context, destinations, outbox: queues, deadLetters, ...routed });
    return {
      state,
      writable: () => undefined,
      store: undefined,
      keeps: false,
      sizes: undefined,
      ended: NEVER,
    };
  }
  const state = await openDurable(options, { ...context, destinations, queues, deadLetters, ...routed });
  const writable = () => (state.fault === undefined ? undefined : `requests are refused: ${state.fault}`);
  const store: StartedPart = { stop: (by) => state.closeStore(by) };
  return { state, writable, store, keeps: true, sizes: () => state.sizes(), ended: state.ended };
}

async function openDurable(
  { config, problems, log, committed, rendererOf }: StateOptions,
  options: Omit<Parameters<typeof DurableState.open>[1], 'hooks' | 'rendererOf' | 'clock'>,
): Promise<DurableState> {
  const directory = config.storage.directory!;
  const refuse = (why: string): never => {
    throw new UserError(faultLines([settingFault(['storage', 'directory'], why, config.place)]));
  };
  // Loaded only now: without a store on disk, nothing asks for node:sqlite.
  const { openStore } = await import('../store/sqlite/open-store.ts');
  const { DurableState } = await import('../store/durable-state.ts');
  const store = await openStore(directory);
  if ('kind' in store) return refuse(store.why);
  const state = await DurableState.open(store, {
    ...options,
    snapshotAfter: SNAPSHOT_AFTER,
    rendererOf,
    clock: steadyClock,
    hooks: {
      attempted: committed,
      unsaved: (why) =>
        problems.report('no snapshot of the windows could be stored; the journal grows until one can', why),
      failed: (why) => problems.report('the store takes nothing; requests are refused until it does', why),
      recovered: () => log.info('the store takes everything again'),
      unread: (to, why) =>
        problems.report(`risk events for ${to} cannot be read from the store; retrying`, why),
      lost: ({ id, title }, groups) =>
        log.warn(
          'windows of a rule were dropped: the rule has changed, and the result filter that it had is gone',
          {
            rule: title,
            id,
            groups,
          },
        ),
    },
  });
  if ('kind' in state) return refuse(state.why);
  reportFound(state, options.destinations, log);
  return state;
}

function reportFound({ found }: DurableState, destinations: readonly string[], log: Log): void {
  if (!found.resumed) return;
  const known = [...found.waiting].filter(([name]) => destinations.includes(name));
  const events = known.reduce((sum, [, left]) => sum + left, 0);
  log.info('goes on where the last process ended', { groups: found.groups, risk_events: events });
  for (const [name, left] of found.waiting)
    if (!destinations.includes(name))
      log.warn(
        `${left} risk events wait for a destination that the configuration does not name any more: ${name}`,
      );
}

import { read } from '../audit/read.ts';
import type { Config } from '../config/schema.ts';
import { MemoryState } from '../correlate/memory-state.ts';
import { dispatch } from '../export/dispatch.ts';
import { aborted } from '../lib/aborted.ts';
import { seconds } from '../lib/time-format.ts';
import type { Handle } from '../model/request.ts';
import type { Rule } from '../model/rule.ts';
import type { Ms } from '../model/time.ts';
import { wallClock } from '../ops/clock.ts';
import { createCounters, type ReadableCounters } from '../ops/counter-store.ts';
import { createLog, type Log } from '../ops/own-log.ts';
import { keepHeapSmall } from '../ops/small-heap.ts';
import { pipeline } from '../pipeline.ts';
import { type GrpcOptions, startGrpc } from '../receive/grpc.ts';
import { openResources } from '../setup/open-resources.ts';
import { limitsOf, settingsFor } from '../setup/settings.ts';
import { together } from '../setup/together.ts';
import { UserError } from '../setup/user-error.ts';
import { warnOfBlindRules } from './blind-rules.ts';
import { type ProblemLog, problemLog } from './problem-log.ts';
import { requestsInFlight } from './requests-in-flight.ts';
import { ruleActivity } from './rule-activity.ts';
import { LOOK_EVERY, type RulesInForce, rulesInForce } from './rules-in-force.ts';
import { singleFlight } from './single-flight.ts';
import { type StatusPage, startStatusPage } from './status-page.ts';

const CLOSE_EVERY = seconds(1);
const MINUTE = seconds(60);

/** Sidewatch while it receives, detects and delivers. */
export interface Service {
  readonly log: Log;
  /** Rejects never; resolves with the exit code when there is a reason to stop that is no signal. */
  readonly ended: Promise<number>;
  /** Upstream first, so that each part drains into one that is still open; what is not done when `by` aborts is lost, and told. */
  stop(by: AbortSignal): Promise<void>;
  /** What would be lost now, for the log. */
  unfinished(): string;
  readonly drain: Ms;
}

/** Throws UserError where it cannot start. */
export async function startService(configPath: string | undefined): Promise<Service> {
  keepHeapSmall();
  const settings = await settingsFor(configPath);
  const { config } = settings;
  const log = createLog(config.telemetry.logs, process.stderr);
  // A log that nobody reads, or a disk that is full, is no reason to lose what is held.
  process.stderr.on('error', () => {});
  for (const warning of settings.warnings) log.warn(warning);
  const counters = createCounters();
  const unread = Promise.withResolvers<number>();
  const { destinations, geo } = await openResources(settings, {
    onGeoFailure(why) {
      counters.add('geo_files_failed');
      log.error(`${why}; until a restart the addresses that it knows have no place`);
    },
    onUnread: () => {
      log.error('nobody reads stdout any more (EPIPE): risk events for it are dropped');
      if (settings.targets.length === 1) unread.resolve(1);
    },
  });
  const state = new MemoryState({
    limits: limitsOf(config),
    counters,
    destinations: destinations.map(({ name }) => name),
    outbox: config.delivery.outbox,
  });
  // Until it ends, even before there are rules to reload: unheard, the signal would end the process.
  let inForce: RulesInForce | undefined;
  const reload = () => void inForce?.reload();
  process.on('SIGHUP', reload);
  [, inForce] = await together(
    () => geo.open(),
    () =>
      rulesInForce({
        config,
        configPath,
        readConfig: settings.readAgain,
        resource: settings.resource,
        geo,
        state,
        counters,
        log,
      }),
  );

  const trouble = problemLog(counters, log);
  const requests = requestsInFlight(told(pipeline(read, inForce.detector, state, counters), trouble));
  const receiver = await startGrpc(
    receiving(config.receivers.otlp, trouble, counters),
    requests.handle,
    wallClock,
  ).catch(refuse);
  const page = await consolePage(config.telemetry.console.endpoint, inForce, counters).catch(
    async (error) => {
      await receiver.stop(AbortSignal.abort());
      return refuse(error);
    },
  );
  const dispatchers = destinations.map((destination) =>
    dispatch(
      state.outbox,
      destination,
      {
        batch: config.delivery.batch,
        initialBackoff: config.delivery.initial_backoff,
        maxBackoff: config.delivery.max_backoff,
        report: trouble.report,
        lost: (text) => log.error(text),
      },
      counters,
    ),
  );
  const closing = singleFlight(
    () => state.close(requests.settled(wallClock())),
    (error) => trouble.report(FAULT_WHILE_CLOSING, String(error.stack)),
  );
  const timers = [
    setInterval(closing.begin, CLOSE_EVERY),
    setInterval(trouble.minute, MINUTE),
    setInterval(warnOfBlindRules(inForce, log), MINUTE),
    setInterval(() => inForce.changed() && void inForce.reload(), LOOK_EVERY),
  ];
  log.info(
    `listening for OTLP on ${receiver.address} (gRPC); ${rulesetsOf(inForce.loaded)}; ` +
      `risk events go to ${destinations.map(({ name, target }) => `${name} (${target})`).join(', ')}`,
    { grpc: receiver.address, ...(page && { console: page.address }) },
  );

  return {
    log,
    ended: unread.promise,
    drain: config.delivery.drain,
    unfinished: () =>
      `${state.outbox.size} risk events were not delivered, windows not closed; ${counters.summary()}`,
    async stop(by) {
      for (const dispatcher of dispatchers) dispatcher.hurry();
      await receiver.stop(by);
      for (const timer of timers) clearInterval(timer);
      await Promise.race([Promise.all([inForce.stop(), closing.settled()]), aborted(by)]);
      await state.stop(by);
      for (const dispatcher of dispatchers) await dispatcher.stop(by);
      for (const destination of destinations) await destination.stop();
      await page?.close();
      process.off('SIGHUP', reload);
      log.info(`stopped: ${counters.summary() || 'nothing was received'}`);
    },
  };
}

const FAULT_WHILE_CLOSING = 'windows were not closed through a fault of Sidewatch, please report it';

/** Where a port cannot be had. */
function refuse(error: Error): never {
  throw new UserError([error.message]);
}

function receiving(
  { grpc }: Config['receivers']['otlp'],
  trouble: ProblemLog,
  counters: ReadableCounters,
): GrpcOptions {
  return {
    endpoint: grpc.endpoint,
    maxRequestBytes: grpc.max_recv_msg_size_mib * 2 ** 20,
    maxHeldBytes: Math.max(grpc.max_held_mib, 2 * grpc.max_recv_msg_size_mib) * 2 ** 20,
    refused(status, why) {
      counters.add('requests_refused', 1, status);
      trouble.report(`requests were refused before they were read (${status})`, why);
    },
    broken(why) {
      counters.add('connections_broken');
      trouble.report('connections ended in an error', why);
    },
  };
}

async function consolePage(
  endpoint: string | undefined,
  inForce: RulesInForce,
  counters: ReadableCounters,
): Promise<StatusPage | undefined> {
  if (endpoint === undefined) return undefined;
  return startStatusPage(endpoint, {
    '/rules': () => ruleActivity(inForce.loaded.ruleSet, inForce.detector(), counters),
  });
}

/** `43 rules: 42 of sidewatch, 1 of mine.yml`. */
function rulesetsOf({ rules }: { readonly rules: readonly Rule[] }): string {
  const sets = Map.groupBy(rules, ({ ruleset }) => ruleset);
  const each = [...sets].map(([name, own]) => `${own.length} of ${name}`).join(', ');
  return `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}${rules.length > 0 ? `: ${each}` : ''}`;
}

/** The sender of a request that we fail on learns no more than that; the log must. */
function told(handle: Handle, trouble: ProblemLog): Handle {
  return async (request) => {
    try {
      const verdict = await handle(request);
      trouble.verdict(verdict);
      return verdict;
    } catch (error) {
      trouble.report(
        'requests failed through a fault of Sidewatch, please report it',
        String((error as Error).stack),
      );
      throw error;
    }
  };
}

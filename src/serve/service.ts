import { read } from '../audit/read.ts';
import type { Config } from '../config/schema.ts';
import type { WindowState } from '../correlate/window-state.ts';
import type { GeoFiles } from '../enrich/geo.ts';
import { seconds } from '../lib/time-format.ts';
import type { ReadRequest } from '../model/event.ts';
import type { Forward } from '../model/forward.ts';
import type { Destination, Render } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import type { Ms } from '../model/time.ts';
import { steadyClock, wallClock } from '../ops/clock.ts';
import { createCounters, type ReadableCounters } from '../ops/counter-store.ts';
import { collectGarbage, memoryInUse, shrinkHeap } from '../ops/memory-use.ts';
import { NPM_LINES, npmWroteFirst } from '../ops/npm-script.ts';
import { createLog, type Log } from '../ops/own-log.ts';
import { keepHeapSmall } from '../ops/small-heap.ts';
import { freesSocketBuffers } from '../ops/socket-buffers.ts';
import { pipeline } from '../pipeline.ts';
import { renderer } from '../risk/render.ts';
import { openDeadLetters } from '../setup/open-dead-letters.ts';
import { type OpenResources, openResources } from '../setup/open-resources.ts';
import { redactionFor } from '../setup/redaction.ts';
import { type Routing, routing } from '../setup/routing.ts';
import { limitsOf, type Settings, settingsFor } from '../setup/settings.ts';
import { together } from '../setup/together.ts';
import { UserError } from '../setup/user-error.ts';
import { ClusterTimes } from '../telemetry/cluster-times.ts';
import { warnOfBlindRules } from './blind-rules.ts';
import { type RunningConsole, startConsole } from './console-page.ts';
import { startDelivery } from './delivery.ts';
import { detectionLogFor } from './detection-log.ts';
import { forwardPart } from './forward-part.ts';
import { startGeoReload } from './geo-reload.ts';
import { startHealthPage } from './health-pages.ts';
import { ignoredRecords } from './ignored-records.ts';
import type { FiredWatch } from './live/live-risk.ts';
import type { LiveParts } from './live/live-state.ts';
import { memoryLimiter } from './memory-limiter.ts';
import { outboxMark } from './outbox-mark.ts';
import { startPeriodic } from './periodic.ts';
import { type ProblemLog, problemLog } from './problem-log.ts';
import { startReceivers } from './receivers.ts';
import { startReloading } from './reloading.ts';
import { reportVerdicts } from './report-verdicts.ts';
import { type RequestsInFlight, requestsInFlight } from './requests-in-flight.ts';
import { type RulesInForce, rulesInForce } from './rules-in-force.ts';
import { type RunningMetrics, startMetrics } from './running-metrics.ts';
import { ServiceReadiness } from './service-readiness.ts';
import { openServiceState } from './service-state.ts';
import { startLine } from './start-line.ts';
import { StartedParts } from './started-parts.ts';
import { timedDestination } from './timed-destination.ts';
import { startWatchingFiles } from './watched-destinations.ts';
import { type DetectionWatch, watchedRender } from './watched-render.ts';
import { startWindowClosing, type WindowClosing } from './window-closing.ts';

const SECOND = seconds(1);
const MINUTE = seconds(60);
const WEBHOOK_STAYS =
  'requests of the audit webhook are not forwarded: they are not OTLP; detection works on them as on all others';
const PROCESS_MEMORY = { measure: memoryInUse, collect: collectGarbage, clock: wallClock };

/** Sidewatch while it receives, detects and delivers. */
export interface Service {
  readonly log: Log;
  /** Resolves with the exit code when there is a reason to stop other than a signal; never rejects. */
  readonly ended: Promise<number>;
  /** Drains and stops all parts. What is not done when `by` aborts is lost, counted and logged. */
  stop(by: AbortSignal): Promise<void>;
  /** What a stop does, for the log. */
  readonly atStop: string;
  /** What a stop at once would lose now, for the log. */
  unfinished(): string;
  readonly drain: Ms;
}

/** Throws UserError where it cannot start. */
export async function startService(configPath: string | undefined): Promise<Service> {
  keepHeapSmall();
  const settings = await settingsFor(configPath);
  const log = createLog(settings.config.telemetry.logs, process.stderr);
  // A log without a reader, or a full disk, must not end the process: what it holds would be lost.
  process.stderr.on('error', () => {});
  for (const warning of settings.warnings) log.warn(warning);
  if (npmWroteFirst() && settings.targets.some(({ protocol }) => protocol === 'console')) log.warn(NPM_LINES);
  const parts = new StartedParts();
  try {
    return await startParts(parts, settings, configPath, log);
  } catch (error) {
    // Parts that go on would keep the process alive.
    await parts.stop(AbortSignal.abort());
    throw error;
  }
}

/** What the parts of a service share. */
interface Shared {
  readonly parts: StartedParts;
  readonly settings: Settings;
  readonly counters: ReadableCounters;
  readonly problems: ProblemLog;
  readonly readiness: ServiceReadiness;
  readonly log: Log;
}

/**
 * Starts each part after the parts that it feeds. So a stop, which goes in reverse order, drains each part into one that
 * still runs.
 */
async function startParts(
  parts: StartedParts,
  settings: Settings,
  configPath: string | undefined,
  log: Log,
): Promise<Service> {
  const { config, targets } = settings;
  const counters = createCounters();
  const problems = problemLog(counters, log);
  const readiness = new ServiceReadiness('the rules are being loaded');
  const shared: Shared = { parts, settings, counters, problems, readiness, log };
  let closing: WindowClosing | undefined;
  let metrics: RunningMetrics | undefined;
  let storeEnded: string | undefined;
  const fault = () => storeEnded ?? closing?.fault();
  const health = await startHealthPage(config, readiness, fault).catch(refuse);
  // First, so that it is stopped last: a service that stops is alive and not ready.
  if (health) parts.add(health);
  const over = Promise.withResolvers<number>();
  const { destinations, geo, hop, push, receiver, readers } = await openAll(shared, () => over.resolve(1));
  const deadLetters = await openDeadLetters(settings, counters, problems.report);
  // Before the file is read, so that no change is missed.
  const geoReload = startGeoReload(geo, counters, log);
  if (geoReload) parts.add(geoReload);
  const queues = new Map(targets.map(({ name, queue }) => [name, queue]));
  const watches: DetectionWatch[] = [];
  const detected: DetectionWatch = (...seen) => {
    for (const watch of watches) watch(...seen);
  };
  let page: RunningConsole | undefined;
  const fired: FiredWatch = (...what) => page?.fired(...what);
  const routes = routing(
    config,
    targets.map(({ name }) => name),
  );
  const redact = redactionFor(config);
  const rendererOf = (rules: readonly Rule[]) =>
    watchedRender(renderer(rules, settings.resource, counters, redact), rules, detected, fired);
  const { state, writable, store, keeps, sizes, ended } = await openServiceState({
    config,
    queues,
    deadLetters,
    counters,
    problems,
    log,
    committed: (took) => metrics?.committed(took),
    rendererOf,
    route: routes.route,
  });
  void ended.then((why) => {
    storeEnded = why;
    log.error(`${why}; this process ends, because it can store nothing more`);
    over.resolve(1);
  });
  // Stopped after everything that uses it.
  if (store) parts.add(store);
  readiness.add(writable);
  const inForce = await loadRules(shared, configPath, { geo, state, routing: routes, rendererOf });
  shrinkHeap();
  readiness.phase = 'the receiver is not open yet';
  readiness.add(outboxMark(state, queues));
  const clusters = new ClusterTimes();
  const bytesMax = limitsOf(config).bytes;
  const measured = { counters, inForce, state, bytesMax, queues, clusters, readiness };
  page = await startConsole(config, {
    ...measured,
    readers,
    log,
    redact,
    memory: memoryBound(config),
    destinations: destinations.map(({ name, target }) => ({
      name,
      target,
      capacity: queues.get(name)!.size,
    })),
    clock: wallClock,
  }).catch(refuse);
  if (page) parts.add(page);
  metrics = await startMetrics(parts, settings, push, problems, measured, sizes).catch(refuse);
  if (metrics) watches.push(delayWatch(metrics));
  const detections = detectionLogFor(settings, log, inForce.ruleName);
  if (detections) watches.push(detections.detected);
  const timed = (destination: Destination) =>
    metrics ? timedDestination(destination, steadyClock, metrics.attempted) : destination;
  const delivery = parts.add(
    startDelivery(state.outbox, destinations.map(timed), queues, deadLetters, problems, counters, log),
  );
  parts.add(startWatchingFiles(destinations, counters, log));
  parts.add(state);
  parts.add(startReloading(inForce));
  const chain =
    hop &&
    parts.add(forwardPart(hop, config, { state, counters, problems }, (took) => metrics?.forwarded(took)));
  const reading = metrics || page ? clusters.reading(read) : read;
  state.resume(wallClock());
  const requests = startRequests(shared, { reading, inForce, state, forward: chain?.forward });
  closing = parts.add(startWindowClosing(state, requests, problems));
  parts.add(startPeriodic(SECOND, () => readiness.review()));
  parts.add(startPeriodic(MINUTE, problems.minute));
  if (detections) parts.add(startPeriodic(MINUTE, detections.minute));
  parts.add(startPeriodic(MINUTE, warnOfBlindRules(inForce, log)));
  const { addresses } = parts.add(
    await startReceivers(config, receiver, requests.handle, shared).catch(refuse),
  );
  log.info(startLine(addresses, inForce.loaded.rules, destinations, hop), {
    ...addresses,
    ...(page && { console: page.address }),
    ...(health && { health: health.address }),
    ...(metrics?.address !== undefined && { metrics: metrics.address }),
  });
  if (hop && config.receivers.kubernetes_audit_webhook) log.warn(WEBHOOK_STAYS);
  readiness.phase = undefined;

  return {
    log,
    ended: over.promise,
    drain: config.delivery.drain,
    atStop: keeps
      ? 'windows and waiting risk events stay in the store'
      : 'windows are closed and risk events are sent',
    unfinished: () => {
      const left = keeps
        ? 'what was not delivered and windows that were not closed stay in the store'
        : `${state.outbox.size} risk events were not delivered and windows were not closed`;
      return `${left}; ${counters.summary(inForce.ruleName)}`;
    },
    async stop(by) {
      readiness.phase = 'Sidewatch is stopping';
      delivery.hurry();
      await parts.stop(by);
      detections?.minute();
      log.info(`stopped: ${counters.summary(inForce.ruleName) || 'nothing was received'}`);
    },
  };
}

/** `onReaderGone`: the only destination was stdout, and its reader has gone. */
function openAll({ settings, counters, log }: Shared, onReaderGone: () => void): Promise<OpenResources> {
  return openResources(settings, {
    onGeoFailure(why) {
      counters.add('geo_files_failed');
      log.error(`${why}; until it is replaced the addresses that it knows have no place`);
    },
    onUnread: () => {
      log.error('the reader of stdout has gone (EPIPE): risk events for stdout are dropped');
      if (settings.targets.length === 1) onReaderGone();
    },
    onCut: (destination) => counters.add('export_cut', 1, destination),
  });
}

interface RuleSurroundings {
  readonly geo: GeoFiles;
  readonly state: WindowState;
  readonly routing: Routing;
  readonly rendererOf: (rules: readonly Rule[]) => Render;
}

/** Puts the rules in force, and opens the geo database at the same time. */
async function loadRules(
  { settings, counters, log }: Shared,
  configPath: string | undefined,
  surroundings: RuleSurroundings,
): Promise<RulesInForce> {
  const { config, readAgain: readConfig } = settings;
  const [inForce] = await together(
    () => rulesInForce({ config, configPath, readConfig, counters, log, ...surroundings }),
    () => surroundings.geo.open(),
  );
  return inForce;
}

/** Measures from the last event of a detection to the detection. */
const delayWatch =
  ({ detected }: RunningMetrics): DetectionWatch =>
  (_rule, { seen: [, last] }) =>
    detected(((wallClock() - last) / 1000) as Ms);

interface Detecting {
  readonly reading: ReadRequest;
  readonly inForce: RulesInForce;
  readonly state: WindowState;
  readonly forward: Forward | undefined;
}

/** The way of a request from a receiver to its verdict, with what is checked and logged on that way. */
function startRequests(shared: Shared, { reading, inForce, state, forward }: Detecting): RequestsInFlight {
  const { parts, settings, counters, problems, readiness, log } = shared;
  const { config } = settings;
  const ignored = ignoredRecords(log);
  parts.add(startPeriodic(MINUTE, ignored.minute));
  const limiter = memoryLimiter(config, PROCESS_MEMORY, counters, log);
  if (limiter) {
    readiness.add(limiter.refusing);
    parts.add(startPeriodic(config.memory_limiter.check_interval, limiter.check));
  }
  const detecting = pipeline(reading, inForce.detector, state, counters, ignored.seen, forward);
  return requestsInFlight(
    reportVerdicts(limiter?.guard(detecting) ?? detecting, problems),
    freesSocketBuffers(),
  );
}

/** What the live page shows of memory_limiter. */
function memoryBound({ memory_limiter: { limit_mib: limit } }: Config): LiveParts['memory'] {
  return limit === undefined ? undefined : () => ({ used: memoryInUse(), of: limit * 2 ** 20 });
}

/** For an address that cannot be listened on. */
function refuse(error: Error): never {
  throw new UserError([error.message]);
}

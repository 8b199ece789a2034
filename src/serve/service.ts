import { read } from '../audit/read.ts';
import type { Config } from '../config/schema.ts';
import { MemoryState } from '../correlate/memory-state.ts';
import { seconds } from '../lib/time-format.ts';
import type { Destination } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import type { Ms } from '../model/time.ts';
import { steadyClock, wallClock } from '../ops/clock.ts';
import { createCounters, type ReadableCounters } from '../ops/counter-store.ts';
import { monitorLoop } from '../ops/loop-delay.ts';
import { NPM_LINES, npmWroteFirst } from '../ops/npm-script.ts';
import { createLog, type Log } from '../ops/own-log.ts';
import { keepHeapSmall } from '../ops/small-heap.ts';
import { pipeline } from '../pipeline.ts';
import { type OpenResources, openResources } from '../setup/open-resources.ts';
import { limitsOf, type Settings, settingsFor } from '../setup/settings.ts';
import { together } from '../setup/together.ts';
import { UserError } from '../setup/user-error.ts';
import { version } from '../setup/version.ts';
import { ClusterTimes } from '../telemetry/cluster-times.ts';
import { warnOfBlindRules } from './blind-rules.ts';
import { startDelivery } from './delivery.ts';
import { type DetectionLog, detectionLog } from './detection-log.ts';
import { healthPages } from './health-pages.ts';
import { ignoredRecords } from './ignored-records.ts';
import { type MeasuredParts, metricSources } from './metric-sources.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';
import { outboxMark } from './outbox-mark.ts';
import { startPeriodic } from './periodic.ts';
import { type ProblemLog, problemLog } from './problem-log.ts';
import { startReloading } from './reloading.ts';
import { reportVerdicts } from './report-verdicts.ts';
import { requestsInFlight } from './requests-in-flight.ts';
import { ruleActivity } from './rule-activity.ts';
import { type RulesInForce, rulesInForce } from './rules-in-force.ts';
import { type RunningMetrics, startMetrics } from './running-metrics.ts';
import { ServiceReadiness } from './service-readiness.ts';
import { StartedParts } from './started-parts.ts';
import { jsonPage, type StatusPage, startStatusPage } from './status-page.ts';
import { timedDestination } from './timed-destination.ts';
import { startWindowClosing, type WindowClosing } from './window-closing.ts';

const SECOND = seconds(1);
const MINUTE = seconds(60);

/** Sidewatch while it receives, detects and delivers. */
export interface Service {
  readonly log: Log;
  /** Resolves with the exit code when there is a reason to stop other than a signal; never rejects. */
  readonly ended: Promise<number>;
  /** Drains and stops all parts. What is not done when `by` aborts is lost, counted and logged. */
  stop(by: AbortSignal): Promise<void>;
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
  const { config } = settings;
  const counters = createCounters();
  const problems = problemLog(counters, log);
  const readiness = new ServiceReadiness('the rules are being loaded');
  let closing: WindowClosing | undefined;
  const health = await healthPage(config, readiness, () => closing?.fault()).catch(refuse);
  // First, so that it is stopped last: a service that stops is alive and not ready.
  if (health) parts.add(health);
  const readerGone = Promise.withResolvers<number>();
  const { destinations, geo, push } = await openResources(settings, {
    onGeoFailure(why) {
      counters.add('geo_files_failed');
      log.error(`${why}; until a restart the addresses that it knows have no place`);
    },
    onUnread: () => {
      log.error('the reader of stdout has gone (EPIPE): risk events for stdout are dropped');
      if (settings.targets.length === 1) readerGone.resolve(1);
    },
  });
  const queues = new Map(settings.targets.map(({ name, queue }) => [name, queue]));
  const state = new MemoryState({
    limits: limitsOf(config),
    counters,
    destinations: destinations.map(({ name }) => name),
    outbox: Math.min(...settings.targets.map(({ queue }) => queue.size)),
  });
  let metrics: RunningMetrics | undefined;
  const detections = detectionLines(settings, log, (id) => inForce.ruleName(id));
  const [inForce] = await together(
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
        detected(...seen) {
          const [, { seen: times }] = seen;
          metrics?.detected(((wallClock() - times[1]) / 1000) as Ms);
          detections?.detected(...seen);
        },
      }),
    () => geo.open(),
  );
  const page = await consolePage(config.telemetry.console.endpoint, inForce, counters).catch(refuse);
  if (page) parts.add(page);
  readiness.add(outboxMark(state.outbox, queues));
  const clusters = new ClusterTimes();
  metrics = await ownMetrics(settings, push, problems, {
    counters,
    inForce,
    state,
    bytesMax: limitsOf(config).bytes,
    queues,
    clusters,
    readiness,
  }).catch(refuse);
  if (metrics) parts.add(metrics);
  const timed = (destination: Destination) =>
    metrics ? timedDestination(destination, steadyClock, metrics.attempted) : destination;
  const delivery = parts.add(
    startDelivery(state.outbox, destinations.map(timed), queues, problems, counters, log),
  );
  parts.add(state);
  parts.add(startReloading(inForce));
  const ignored = ignoredRecords(log);
  const handle = reportVerdicts(
    pipeline(metrics ? clusters.reading(read) : read, inForce.detector, state, counters, ignored.seen),
    problems,
  );
  const requests = requestsInFlight(handle);
  closing = parts.add(startWindowClosing(state, requests, problems));
  parts.add(startPeriodic(SECOND, () => readiness.review()));
  parts.add(startPeriodic(MINUTE, problems.minute));
  parts.add(startPeriodic(MINUTE, ignored.minute));
  if (detections) parts.add(startPeriodic(MINUTE, detections.minute));
  parts.add(startPeriodic(MINUTE, warnOfBlindRules(inForce, log)));
  const receiver = parts.add(
    await startOtlpReceiver(config, requests.handle, problems, counters).catch(refuse),
  );
  log.info(
    `listening for OTLP on ${receiver.address} (gRPC); ${ruleCounts(inForce.loaded.rules)}; ` +
      `risk events go to ${destinations.map(({ name, target }) => `${name} (${target})`).join(', ')}`,
    {
      grpc: receiver.address,
      ...(page && { console: page.address }),
      ...(health && { health: health.address }),
      ...(metrics?.address !== undefined && { metrics: metrics.address }),
    },
  );
  readiness.phase = undefined;

  return {
    log,
    ended: readerGone.promise,
    drain: config.delivery.drain,
    unfinished: () =>
      `${state.outbox.size} risk events were not delivered and windows were not closed; ${counters.summary(inForce.ruleName)}`,
    async stop(by) {
      readiness.phase = 'Sidewatch is stopping';
      delivery.hurry();
      await parts.stop(by);
      detections?.minute();
      log.info(`stopped: ${counters.summary(inForce.ruleName) || 'nothing was received'}`);
    },
  };
}

/** For an address that cannot be listened on. */
function refuse(error: Error): never {
  throw new UserError([error.message]);
}

async function healthPage(
  { telemetry }: Config,
  readiness: ServiceReadiness,
  fault: () => string | undefined,
): Promise<StatusPage | undefined> {
  const { endpoint } = telemetry.health;
  if (endpoint === undefined) return undefined;
  return startStatusPage(
    endpoint,
    'telemetry.health.endpoint',
    healthPages(readiness, () => [fault() ?? []].flat()),
  );
}

async function ownMetrics(
  { config, resource }: Settings,
  push: OpenResources['push'],
  problems: ProblemLog,
  parts: Omit<MeasuredParts, 'loop'>,
): Promise<RunningMetrics | undefined> {
  const { endpoint, level } = config.telemetry.metrics;
  if (endpoint === undefined && push === undefined) return undefined;
  const loop = monitorLoop();
  const spans = startPeriodic(MINUTE, loop.next);
  const failed = (why: string) => problems.report('metrics were not sent', why);
  const running = await startMetrics(
    { endpoint, push: push && { ...push, failed } },
    metricSources({ ...parts, loop }),
    { level, version: version(), node: process.versions.node, resource },
  );
  return {
    ...running,
    async stop(by) {
      await running.stop(by);
      await spans.stop(by);
      loop.stop();
    },
  };
}

/** Detections in the log, unless risk events go to stdout, where they are seen. */
function detectionLines(
  { config, targets }: Settings,
  log: Log,
  ruleName: (id: string) => string,
): DetectionLog | undefined {
  const { detections } = config.telemetry.logs;
  if (detections === 'off' || targets.some(({ protocol }) => protocol === 'console')) return undefined;
  return detectionLog(log, detections, ruleName);
}

async function consolePage(
  endpoint: string | undefined,
  inForce: RulesInForce,
  counters: ReadableCounters,
): Promise<StatusPage | undefined> {
  if (endpoint === undefined) return undefined;
  return startStatusPage(endpoint, 'telemetry.console.endpoint', {
    '/rules': () => jsonPage(ruleActivity(inForce.loaded.ruleSet, inForce.detector(), counters)),
  });
}

/** `43 rules: 42 of sidewatch, 1 of mine.yml`. */
function ruleCounts(rules: readonly Rule[]): string {
  const sets = Map.groupBy(rules, ({ ruleset }) => ruleset);
  const each = [...sets].map(([name, own]) => `${own.length} of ${name}`).join(', ');
  return `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}${rules.length > 0 ? `: ${each}` : ''}`;
}

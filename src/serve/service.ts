import { read } from '../audit/read.ts';
import { MemoryState } from '../correlate/memory-state.ts';
import { seconds } from '../lib/time-format.ts';
import type { Destination } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import type { Ms } from '../model/time.ts';
import { steadyClock, wallClock } from '../ops/clock.ts';
import { createCounters, type ReadableCounters } from '../ops/counter-store.ts';
import { collectGarbage, memoryInUse } from '../ops/memory-use.ts';
import { NPM_LINES, npmWroteFirst } from '../ops/npm-script.ts';
import { createLog, type Log } from '../ops/own-log.ts';
import { keepHeapSmall } from '../ops/small-heap.ts';
import { pipeline } from '../pipeline.ts';
import { openResources } from '../setup/open-resources.ts';
import { limitsOf, type Settings, settingsFor } from '../setup/settings.ts';
import { together } from '../setup/together.ts';
import { UserError } from '../setup/user-error.ts';
import { ClusterTimes } from '../telemetry/cluster-times.ts';
import { warnOfBlindRules } from './blind-rules.ts';
import { startDelivery } from './delivery.ts';
import { detectionLogFor } from './detection-log.ts';
import { forwardPart } from './forward-part.ts';
import { startGeoReload } from './geo-reload.ts';
import { startHealthPage } from './health-pages.ts';
import { ignoredRecords } from './ignored-records.ts';
import { memoryLimiter } from './memory-limiter.ts';
import { outboxMark } from './outbox-mark.ts';
import { startPeriodic } from './periodic.ts';
import { problemLog } from './problem-log.ts';
import { type Receivers, startReceivers } from './receivers.ts';
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
  const health = await startHealthPage(config, readiness, () => closing?.fault()).catch(refuse);
  // First, so that it is stopped last: a service that stops is alive and not ready.
  if (health) parts.add(health);
  const readerGone = Promise.withResolvers<number>();
  const {
    destinations,
    geo,
    hop,
    push,
    receiver: files,
  } = await openResources(settings, {
    onGeoFailure(why) {
      counters.add('geo_files_failed');
      log.error(`${why}; until it is replaced the addresses that it knows have no place`);
    },
    onUnread: () => {
      log.error('the reader of stdout has gone (EPIPE): risk events for stdout are dropped');
      if (settings.targets.length === 1) readerGone.resolve(1);
    },
  });
  // Before the file is read, so that no change is missed.
  const geoReload = startGeoReload(geo, counters, log);
  if (geoReload) parts.add(geoReload);
  const queues = new Map(settings.targets.map(({ name, queue }) => [name, queue]));
  const state = new MemoryState({
    limits: limitsOf(config),
    counters,
    destinations: destinations.map(({ name }) => name),
    outbox: new Map(settings.targets.map(({ name, queue }) => [name, queue.size])),
  });
  let metrics: RunningMetrics | undefined;
  const detections = detectionLogFor(settings, log, (id) => inForce.ruleName(id));
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
  readiness.phase = 'the receiver is not open yet';
  const page = await consolePage(config.telemetry.console.endpoint, inForce, counters).catch(refuse);
  if (page) parts.add(page);
  readiness.add(outboxMark(state, queues));
  const clusters = new ClusterTimes();
  metrics = await startMetrics(parts, settings, push, problems, {
    counters,
    inForce,
    state,
    bytesMax: limitsOf(config).bytes,
    queues,
    clusters,
    readiness,
  }).catch(refuse);
  const timed = (destination: Destination) =>
    metrics ? timedDestination(destination, steadyClock, metrics.attempted) : destination;
  const delivery = parts.add(
    startDelivery(state.outbox, destinations.map(timed), queues, problems, counters, log),
  );
  parts.add(state);
  parts.add(startReloading(inForce));
  const ignored = ignoredRecords(log);
  const limiter = memoryLimiter(config, PROCESS_MEMORY, counters, log);
  const chain =
    hop &&
    parts.add(forwardPart(hop, config, { state, counters, problems }, (took) => metrics?.forwarded(took)));
  const reading = metrics ? clusters.reading(read) : read;
  const detecting = pipeline(reading, inForce.detector, state, counters, ignored.seen, chain?.forward);
  const handle = reportVerdicts(limiter?.guard(detecting) ?? detecting, problems);
  const requests = requestsInFlight(handle);
  closing = parts.add(startWindowClosing(state, requests, problems));
  parts.add(startPeriodic(SECOND, () => readiness.review()));
  if (limiter) {
    readiness.add(limiter.refusing);
    parts.add(startPeriodic(config.memory_limiter.check_interval, limiter.check));
  }
  parts.add(startPeriodic(MINUTE, problems.minute));
  parts.add(startPeriodic(MINUTE, ignored.minute));
  if (detections) parts.add(startPeriodic(MINUTE, detections.minute));
  parts.add(startPeriodic(MINUTE, warnOfBlindRules(inForce, log)));
  const { addresses } = parts.add(
    await startReceivers(config, files, requests.handle, { problems, counters, log, readiness }).catch(
      refuse,
    ),
  );
  log.info(
    `listening for ${listening(addresses)}; ${ruleCounts(inForce.loaded.rules)}; ` +
      `risk events go to ${destinations.map(({ name, target }) => `${name} (${target})`).join(', ')}` +
      (hop ? `; requests go on to ${hop.target}` : ''),
    {
      ...addresses,
      ...(page && { console: page.address }),
      ...(health && { health: health.address }),
      ...(metrics?.address !== undefined && { metrics: metrics.address }),
    },
  );
  if (hop && config.receivers.kubernetes_audit_webhook) log.warn(WEBHOOK_STAYS);
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

/** `OTLP on localhost:4317 (gRPC), localhost:4318 (HTTP) and audit webhooks on localhost:9765`. */
function listening({ grpc, http, webhook }: Receivers['addresses']): string {
  const otlp = [grpc && `${grpc} (gRPC)`, http && `${http} (HTTP)`].filter((one) => one).join(', ');
  return [otlp && `OTLP on ${otlp}`, webhook && `audit webhooks on ${webhook}`]
    .filter((one) => one)
    .join(' and ');
}

/** `43 rules: 42 of sidewatch, 1 of mine.yml`. */
function ruleCounts(rules: readonly Rule[]): string {
  const sets = Map.groupBy(rules, ({ ruleset }) => ruleset);
  const each = [...sets].map(([name, own]) => `${own.length} of ${name}`).join(', ');
  return `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}${rules.length > 0 ? `: ${each}` : ''}`;
}

import { read } from '../audit/read.ts';
import type { Target } from '../config/outputs.ts';
import { MemoryState } from '../correlate/memory-state.ts';
import { consoleDestination } from '../export/console.ts';
import { dispatch } from '../export/dispatch.ts';
import { otlpHttp } from '../export/otlp-http.ts';
import { seconds } from '../lib/time.ts';
import type { Handle } from '../model/request.ts';
import type { Destination } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import { wallClock } from '../ops/clock.ts';
import { createCounters, type ReadableCounters } from '../ops/counters.ts';
import { keepHeapSmall } from '../ops/heap.ts';
import { createLog, type Log } from '../ops/log.ts';
import { pipeline } from '../pipeline.ts';
import { startGrpc } from '../receive/grpc.ts';
import type { Listener } from '../receive/listen.ts';
import { toLine } from '../risk/json.ts';
import { blindRules } from './blind-rules.ts';
import { startConsole } from './console.ts';
import { openGeography } from './detector.ts';
import { live } from './rules/live.ts';
import { LOOK_EVERY, type RulesInForce, rulesInForce } from './rules-in-force.ts';
import { limitsOf, readUserFile, settingsFor } from './settings.ts';
import { underWay } from './under-way.ts';
import { UserError } from './user-error.ts';
import { version } from './version.ts';
import { writer } from './writer.ts';

const CLOSE_EVERY = seconds(1);
const LATE_EVERY = seconds(60);

/** Receives until `until` aborts; then closes windows, drains, and resolves. Throws UserError where it cannot start. */
export async function serve(configPath: string | undefined, until: AbortSignal): Promise<void> {
  keepHeapSmall();
  const settings = settingsFor(configPath);
  const { config } = settings;
  const log = createLog(config.telemetry.logs, process.stderr);
  for (const warning of settings.warnings) log.warn(warning);
  const counters = createCounters();
  const geo = openGeography(config, (why) => log.error(why));

  const destinations = settings.targets.map(destinationOf);
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
  inForce = await rulesInForce({
    config,
    configPath,
    readConfig: settings.readAgain,
    resource: settings.resource,
    geo,
    state,
    counters,
    log,
  });

  const { grpc } = config.receivers.otlp;
  const requests = underWay(told(pipeline(read, inForce.detector, state, counters), log));
  const receiver = await startGrpc(
    {
      endpoint: grpc.endpoint,
      maxRequestBytes: grpc.max_recv_msg_size_mib * 2 ** 20,
      maxHeldBytes: Math.max(grpc.max_held_mib, 2 * grpc.max_recv_msg_size_mib) * 2 ** 20,
      refused: refusals(counters, log),
    },
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
        log: (level, text) => log[level](text),
      },
      counters,
    ),
  );
  const timers = [
    setInterval(
      oneAtATime(() => state.close(requests.settled(wallClock()))),
      CLOSE_EVERY,
    ),
    setInterval(lateness(counters, log), LATE_EVERY),
    setInterval(blindRules(inForce, log), LATE_EVERY),
  ];
  timers.push(setInterval(() => inForce.changed() && void inForce.reload(), LOOK_EVERY));
  log.info(
    `listening for OTLP on ${receiver.address} (gRPC); ${rulesetsOf(inForce.loaded)}; ` +
      `risk events go to ${destinations.map(({ name, target }) => `${name} (${target})`).join(', ')}`,
    { grpc: receiver.address, ...(page && { console: page.address }) },
  );

  await aborted(until);
  log.info('stopping: no new requests are taken, windows are closed and risk events sent');
  // One deadline for all; upstream first, so that each drains into one that is still open.
  const deadline = AbortSignal.timeout(config.delivery.drain);
  await receiver.stop(deadline);
  for (const timer of timers) clearInterval(timer);
  await inForce.stop();
  await page?.close();
  await state.stop(deadline);
  for (const dispatcher of dispatchers) await dispatcher.stop(deadline);
  for (const destination of destinations) await destination.stop();
  geo.close();
  process.off('SIGHUP', reload);
  log.info(`stopped: ${counters.summary() || 'nothing was received'}`);
}

/** What takes longer than until it is asked for again is not begun twice. */
function oneAtATime(step: () => Promise<unknown>): () => void {
  let underWay = false;
  return () => {
    if (underWay) return;
    underWay = true;
    void step().finally(() => {
      underWay = false;
    });
  };
}

/** Where a port cannot be had. */
function refuse(error: Error): never {
  throw new UserError([error.message]);
}

async function consolePage(
  endpoint: string | undefined,
  inForce: RulesInForce,
  counters: ReadableCounters,
): Promise<Listener | undefined> {
  if (endpoint === undefined) return undefined;
  return startConsole(endpoint, {
    '/rules': () => live(inForce.loaded.ruleSet, inForce.detector(), counters),
  });
}

/** `43 rules: 42 of sidewatch, 1 of mine.yml`. */
function rulesetsOf({ rules }: { readonly rules: readonly Rule[] }): string {
  const sets = Map.groupBy(rules, ({ ruleset }) => ruleset);
  const each = [...sets].map(([name, own]) => `${own.length} of ${name}`).join(', ');
  return `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}${rules.length > 0 ? `: ${each}` : ''}`;
}

function destinationOf(target: Target): Destination {
  if (target.protocol === 'console')
    return { ...consoleDestination(writer(process.stdout), toLine), name: target.name };
  const { caFile, certFile, keyFile } = target.tls;
  const tls = {
    ...(caFile !== undefined && { ca: readUserFile(caFile) }),
    ...(certFile !== undefined && { cert: readUserFile(certFile) }),
    ...(keyFile !== undefined && { key: readUserFile(keyFile) }),
  };
  try {
    return otlpHttp({ ...target, tls, version: version() }, wallClock);
  } catch (error) {
    throw new UserError([`destination ${target.name}  ${(error as Error).message}`]);
  }
}

/** What a request was refused for before it was read, by gRPC code: told the first time, then counted. */
const REFUSED: Readonly<Record<number, string>> = {
  4: 'its deadline passed before it had come whole',
  8: 'it is larger than receivers.otlp.grpc.max_recv_msg_size_mib',
  12: 'its compression or its method is not supported; set the sender to compression gzip or none',
  13: 'it is broken: bad framing or bad compression',
  14: 'it did not come whole in time, or the requests under way take up all the memory that they may',
};

function refusals(counters: ReadableCounters, log: Log): (grpcCode: number) => void {
  const told = new Set<number>();
  return (code) => {
    counters.add('requests_refused', 1, `grpc ${code}`);
    if (told.has(code)) return;
    told.add(code);
    log.warn(
      `a request was refused (gRPC code ${code}): ${REFUSED[code] ?? 'unknown'}; further ones are only counted`,
    );
  };
}

/** Says once a minute how many hits came too late, if any did. */
function lateness(counters: ReadableCounters, log: Log): () => void {
  let [late, dropped] = [0, 0];
  return () => {
    const now = [counters.total('hits_late'), counters.total('hits_late_dropped')] as const;
    if (now[0] > late)
      log.warn(
        `${now[0] - late} hits of the last minute came later than their rule's lateness allows; ` +
          `${now[1] - dropped} of them were dropped because their window had closed (late: drop)`,
      );
    [late, dropped] = now;
  };
}

/** The sender of a request that we fail on learns no more than that; the log must. */
function told(handle: Handle, log: Log): Handle {
  return async (request) => {
    try {
      return await handle(request);
    } catch (error) {
      log.error('a request failed through a fault of Sidewatch; please report it', {
        stack: (error as Error).stack,
      });
      throw error;
    }
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

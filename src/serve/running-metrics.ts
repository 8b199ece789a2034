import { aborted } from '../lib/aborted.ts';
import { seconds } from '../lib/time-format.ts';
import type { Ms } from '../model/time.ts';
import { monitorLoop } from '../ops/loop-delay.ts';
import type { OpenResources } from '../setup/open-resources.ts';
import type { Settings } from '../setup/settings.ts';
import { version } from '../setup/version.ts';
import type { MeterOptions, Meters } from '../telemetry/meters.ts';
import type { PushOptions } from '../telemetry/otlp-push.ts';
import type { Scrape } from '../telemetry/prometheus.ts';
import { type MeasuredParts, metricSources } from './metric-sources.ts';
import { type PageServer, startPageServer } from './page-server.ts';
import { startPeriodic } from './periodic.ts';
import type { ProblemLog } from './problem-log.ts';
import type { ServiceState } from './service-state.ts';
import type { StartedPart, StartedParts } from './started-parts.ts';
import { startMeasuringStore } from './store-sizes.ts';

/** How long a stop waits for a receiver of metrics: they are worth less than a quick stop. */
const FLUSH_TIME = seconds(2);
/** A peak of the event loop is shown for one or two of these. */
const LOOP_SPAN = seconds(60);

export interface RunningMetrics {
  /** Where Prometheus scrapes; undefined if it does not. */
  readonly address: string | undefined;
  detected(delay: Ms): void;
  attempted(destination: string, took: Ms): void;
  forwarded(took: Ms): void;
  committed(took: Ms): void;
}

/**
 * Metrics of a service, if its configuration wants them, as further parts of it. The SDK is loaded only now: a service
 * without metrics starts without it. Rejects where it cannot listen.
 */
export async function startMetrics(
  parts: StartedParts,
  { config, resource }: Settings,
  push: OpenResources['push'],
  problems: ProblemLog,
  measured: Omit<MeasuredParts, 'loop' | 'store'>,
  sizes: ServiceState['sizes'],
): Promise<RunningMetrics | undefined> {
  const { endpoint, level } = config.telemetry.metrics;
  if (endpoint === undefined && push === undefined) return undefined;
  const loop = parts.add(monitorLoop());
  parts.add(startPeriodic(LOOP_SPAN, loop.next));
  const failed = (why: string) => problems.report('metrics were not sent', why);
  const { startMeters } = await import('../telemetry/meters.ts');
  const scrape =
    endpoint === undefined ? undefined : (await import('../telemetry/prometheus.ts')).prometheusScrape();
  const sending = push && (await import('../telemetry/otlp-push.ts')).otlpPush({ ...push, failed });
  const options: MeterOptions = { level, version: version(), node: process.versions.node, resource };
  const readers = [...(scrape ? [scrape.reader] : []), ...(sending ? [sending] : [])];
  const store = sizes && parts.add(startMeasuringStore(sizes));
  const meters = startMeters(metricSources({ ...measured, loop, store }), options, readers);
  parts.add(metersPart(meters, push, failed));
  const page = scrape && parts.add(await scrapePage(endpoint!, scrape));
  const { detected, attempted, forwarded, committed } = meters;
  return { address: page?.address, detected, attempted, forwarded, committed };
}

function metersPart(
  meters: Meters,
  push: Pick<PushOptions, 'agent'> | undefined,
  failed: (why: string) => void,
): StartedPart {
  return {
    async stop(by) {
      const late = AbortSignal.any([by, AbortSignal.timeout(FLUSH_TIME)]);
      const stopped = meters.stop().then(() => true);
      const inTime = await Promise.race([stopped, aborted(late).then(() => false)]);
      if (push && !inTime) failed('their receiver did not take the last ones in time');
      push?.agent.destroy();
    },
  };
}

function scrapePage(endpoint: string, { type, text }: Scrape): Promise<PageServer> {
  return startPageServer(endpoint, 'telemetry.metrics.endpoint', {
    '/metrics': async () => ({ status: 200, type, body: await text() }),
  });
}

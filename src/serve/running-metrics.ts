import { aborted } from '../lib/aborted.ts';
import { seconds } from '../lib/time-format.ts';
import type { Ms } from '../model/time.ts';
import type { MeterOptions, MetricSources } from '../telemetry/meters.ts';
import type { PushOptions } from '../telemetry/otlp-push.ts';
import type { StartedPart } from './started-parts.ts';
import { startStatusPage } from './status-page.ts';

export interface RunningMetrics extends StartedPart {
  /** Where Prometheus scrapes; undefined if it does not. */
  readonly address: string | undefined;
  detected(delay: Ms): void;
  attempted(destination: string, took: Ms): void;
}

export interface MetricWays {
  /** telemetry.metrics.endpoint */
  readonly endpoint: string | undefined;
  readonly push: PushOptions | undefined;
}

/** How long a stop waits for a receiver of metrics: they are worth less than a quick stop. */
const FLUSH_TIME = seconds(2);

/** The SDK is loaded only now: a service without metrics starts without it. Rejects where it cannot listen. */
export async function startMetrics(
  { endpoint, push }: MetricWays,
  sources: MetricSources,
  options: MeterOptions,
): Promise<RunningMetrics> {
  const { startMeters } = await import('../telemetry/meters.ts');
  const scrape = endpoint && (await import('../telemetry/prometheus.ts')).prometheusScrape();
  const pushing = push && (await import('../telemetry/otlp-push.ts')).otlpPush(push);
  const readers = [...(scrape ? [scrape.reader] : []), ...(pushing ? [pushing] : [])];
  const meters = startMeters(sources, options, readers);
  const page =
    scrape &&
    (await startStatusPage(endpoint, 'telemetry.metrics.endpoint', {
      '/metrics': async () => ({ status: 200, type: scrape.type, body: await scrape.text() }),
    }));
  return {
    address: page ? page.address : undefined,
    detected: meters.detected,
    attempted: meters.attempted,
    async stop(by) {
      if (page) await page.stop();
      await Promise.race([meters.stop(), aborted(AbortSignal.any([by, AbortSignal.timeout(FLUSH_TIME)]))]);
      push?.agent.destroy();
    },
  };
}

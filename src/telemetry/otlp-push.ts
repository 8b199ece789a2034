import type { Agent } from 'node:http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { type IMetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { Ms } from '../model/time.ts';

export interface PushOptions {
  /** The whole URL, with /v1/metrics. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout: Ms;
  readonly compression: 'gzip' | 'none';
  readonly interval: Ms;
  readonly agent: Agent;
  /** Sidewatch's own version, for the User-Agent. */
  readonly version: string;
  /** Gets the reason whenever metrics were not accepted. */
  readonly failed: (why: string) => void;
}

/**
 * A reader that sends metrics at each interval over OTLP/HTTP, and a last time when it is stopped. The values are
 * cumulative, so that one lost attempt loses nothing. The caller must have removed OTEL_EXPORTER_OTLP_* from the
 * environment: the exporter would add the headers that it finds there.
 */
export function otlpPush(options: PushOptions): IMetricReader {
  const exporter = new OTLPMetricExporter({
    url: options.url,
    headers: { ...options.headers },
    timeoutMillis: options.timeout,
    // The SDK's type is an enum that only its base package exports.
    compression: options.compression as never,
    httpAgentOptions: () => options.agent,
    userAgent: `sidewatch/${options.version}`,
  });
  const send = exporter.export.bind(exporter);
  exporter.export = (metrics, done) =>
    send(metrics, (result) => {
      if (result.code !== SUCCESS) options.failed(result.error?.message ?? 'unknown');
      done(result);
    });
  return new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: options.interval,
    exportTimeoutMillis: Math.min(options.timeout, options.interval),
  });
}

/** ExportResultCode.SUCCESS of the SDK's core, which is no dependency of ours. */
const SUCCESS = 0;

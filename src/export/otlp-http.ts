import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Delivery, Destination, RiskEvent } from '../model/risk.ts';
import type { Clock, Micros, Ms } from '../model/time.ts';
import { failedDelivery, readable } from './http-answer.ts';
import { type AttemptEnd, SDK_TIMEOUT, sdkAttempt } from './sdk-attempt.ts';

export interface OtlpHttpOptions {
  readonly name: string;
  readonly protocol: 'http/json' | 'http/protobuf';
  /** The whole URL, with /v1/logs. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How long one attempt may take. */
  readonly timeout: Ms;
  readonly compression: 'gzip' | 'none';
  /** PEM. Without `ca`, the authorities that Node trusts. */
  readonly tls?: {
    readonly ca?: string | Buffer;
    readonly cert?: string | Buffer;
    readonly key?: string | Buffer;
  };
  /** Sidewatch's own, for the User-Agent. */
  readonly version: string;
  /** Risk events as the SDK's records, observed at this time. */
  readonly format: (events: readonly RiskEvent[], observed: Micros) => ReadableLogRecord[];
}

/**
 * A destination over OTLP/HTTP: the SDK encodes the records and carries out one attempt; http-answer.ts decides what its
 * answer means. `clock` is for the observed time and for a Retry-After that names a date. Throws for a URL or a certificate that
 * cannot be read.
 *
 * The exporters also read OTEL_EXPORTER_OTLP_* by themselves and add the headers that they find there to ours. The caller
 * must have removed those variables from the environment, or the token of one destination is sent to all.
 */
export function otlpHttp(options: OtlpHttpOptions, clock: Clock): Destination {
  const url = new URL(options.url);
  const agent =
    url.protocol === 'https:'
      ? new HttpsAgent({ keepAlive: true, ...options.tls })
      : new HttpAgent({ keepAlive: true });
  const exporter = exporterOf(options, agent);
  return {
    name: options.name,
    target: `${url.origin}${url.pathname}`,
    async send(events, by) {
      const end = await sdkAttempt(
        (done) => exporter.export(options.format(events, clock()), done),
        options.timeout,
        by,
      );
      return deliveryOf(end, clock);
    },
    async stop() {
      agent.destroy();
    },
  };
}

function exporterOf(options: OtlpHttpOptions, agent: HttpAgent): LogRecordExporter {
  const Exporter = options.protocol === 'http/json' ? JsonExporter : ProtobufExporter;
  return new Exporter({
    url: options.url,
    headers: { ...options.headers },
    timeoutMillis: SDK_TIMEOUT,
    // The SDK's type is an enum that only its base package exports.
    compression: options.compression as never,
    httpAgentOptions: () => agent,
    userAgent: `sidewatch/${options.version}`,
  });
}

function deliveryOf(end: AttemptEnd, clock: Clock): Delivery {
  if (end.kind === 'not encoded') return { kind: 'refused', why: `cannot be encoded: ${end.why}` };
  if (end.kind === 'no answer') return { kind: 'retry', why: end.why };
  // A success whose body was broken off or too long is a success: the status came before it.
  if (end.answer.status > 299) return failedDelivery(end.answer, clock());
  if (!end.partial) return { kind: 'delivered' };
  return { kind: 'delivered', rejected: Math.max(0, end.partial.rejected), why: readable(end.partial.why) };
}

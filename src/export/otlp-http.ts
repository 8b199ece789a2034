import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Delivery, Destination, RiskEvent } from '../model/risk.ts';
import type { Clock, Micros, Ms } from '../model/time.ts';
import { readable, verdict } from './http-answer.ts';
import { type Attempt, SDK_TIMEOUT, watched } from './sdk-attempt.ts';

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
  /** Of Sidewatch, for the User-Agent. */
  readonly version: string;
  /** The format: risk events as the SDK's records, observed at this time. */
  readonly records: (events: readonly RiskEvent[], observed: Micros) => ReadableLogRecord[];
}

/**
 * A destination over OTLP/HTTP: the SDK encodes and carries one attempt; http-answer.ts says what its answer means.
 * `clock` is for a Retry-After that names a date. Throws for a URL or a certificate that cannot be read.
 *
 * The exporters also read OTEL_EXPORTER_OTLP_* for themselves and add the headers they find there to ours: the caller
 * must have taken those variables out of the environment, or the token of one destination is sent to all.
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
    send: (events, by) =>
      new Promise<Delivery>((resolve) => {
        if (by.aborted) return resolve(STOPPED);
        const attempt: Attempt = {};
        const end = (delivery: Delivery) => {
          clearTimeout(timer);
          by.removeEventListener('abort', aborted);
          resolve(delivery);
        };
        const give = (up: Delivery) => {
          end(up);
          attempt.over = true;
          attempt.request?.destroy();
        };
        const aborted = () => give(STOPPED);
        const timer = setTimeout(
          () => give({ kind: 'retry', why: `no answer within ${options.timeout} ms` }),
          options.timeout,
        );
        by.addEventListener('abort', aborted, { once: true });
        try {
          const records = options.records(events, clock());
          watched(attempt, () =>
            exporter.export(records, ({ error }) => end(outcome(attempt, error, clock))),
          );
        } catch (error) {
          // Only encoding throws, and it would throw again.
          end({ kind: 'refused', why: `cannot be encoded: ${String(error)}` });
        }
      }),
    async stop() {
      agent.destroy();
    },
  };
}

const STOPPED: Delivery = { kind: 'retry', why: 'stopped before an answer came' };

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

/** What became of an attempt whose exporter has called back. Without a response the trouble lies between us and it. */
function outcome(attempt: Attempt, error: Error | undefined, clock: Clock): Delivery {
  const { response, retryAfter, partial } = attempt;
  const status = response?.statusCode ?? 0;
  if (response && status > 299) {
    const { data } = (error ?? {}) as { readonly data?: unknown };
    return verdict(
      {
        status,
        statusText: response.statusMessage ?? '',
        retryAfter,
        body: typeof data === 'string' ? data : undefined,
      },
      clock(),
    );
  }
  // A success whose body was broken off or too long is a success: the status came before it.
  if (!response && error) return { kind: 'retry', why: trouble(error) };
  if (!partial) return { kind: 'delivered' };
  return { kind: 'delivered', rejected: Math.max(0, partial.rejected), why: readable(partial.why) };
}

/** A connection tried over several addresses fails with a code and an empty message. */
function trouble(error: NodeJS.ErrnoException): string {
  return readable([error.code, error.message].filter(Boolean).join(': '));
}

import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Delivery, Destination, RiskEvent } from '../model/risk.ts';
import type { Clock, Micros, Ms } from '../model/time.ts';
import { failedDelivery, readable } from './http-answer.ts';
import { type AttemptEnd, sdkAttempt } from './sdk-attempt.ts';

export interface SdkExporterOptions {
  readonly name: string;
  /** Where it sends, for people. */
  readonly target: string;
  /** One that retries over HTTP gets SDK_TIMEOUT as its `timeoutMillis`; see `sdkAttempt`. */
  readonly exporter: LogRecordExporter;
  /** How long one attempt may take. */
  readonly timeout: Ms;
  readonly format: (events: readonly RiskEvent[], observed: Micros) => ReadableLogRecord[];
}

/**
 * A destination of any exporter for the SDK of OpenTelemetry. It is for exporters of other protocols: otlp-destination.ts
 * speaks OTLP itself. Where the exporter sends over HTTP, its answer decides; what any other says of a failure does not show
 * whether it is about the data, so it is tried again.
 */
export function sdkExporterDestination(options: SdkExporterOptions, clock: Clock): Destination {
  const { name, target, exporter, timeout, format } = options;
  return {
    name,
    target,
    async send(events, by) {
      const end = await sdkAttempt((done) => exporter.export(format(events, clock()), done), timeout, by);
      return deliveryOf(end, clock);
    },
    async stop() {
      await exporter.shutdown();
    },
  };
}

function deliveryOf(end: AttemptEnd, clock: Clock): Delivery {
  if (end.kind === 'not encoded') return { kind: 'refused', why: `cannot be encoded: ${end.why}` };
  if (end.kind === 'no answer') return { kind: 'retry', why: end.why };
  // A success whose body was broken off or too long is a success: the status came before it.
  if (end.answer.status > 299) return failedDelivery(end.answer, clock());
  if (!end.partial) return { kind: 'delivered' };
  return { kind: 'delivered', rejected: Math.max(0, end.partial.rejected), why: readable(end.partial.why) };
}

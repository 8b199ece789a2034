import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Micros } from '../model/time.ts';
import type { Format } from './format.ts';
import { type PlainForm, type PlainRecord, plainOtel } from './plain-record.ts';

/**
 * A format (format.ts): risk events, in a form of plain-record.ts, as OTLP log records like those of the SDK. `version` is
 * Sidewatch's own, for the instrumentation scope: users route on the scope's name, and Sidewatch never detects on records
 * that carry it. Records are grouped by the identity of scope and resource when they are encoded, so resources with equal
 * contents become one object a batch.
 */
export function otlpLogRecords(version: string, form: PlainForm = plainOtel): Format<ReadableLogRecord[]> {
  const write = sdkRecords(version);
  return (events, observed) =>
    write(
      events.map((event) => form(event, observed)),
      observed,
    );
}

/** The same for records that have their form. */
export function sdkRecords(
  version: string,
): (records: readonly PlainRecord[], observed: Micros) => ReadableLogRecord[] {
  const instrumentationScope = { name: 'sidewatch', version };
  return (records, observed) => {
    const resources = new Map<string, Resource>();
    return records.map((record) => {
      const key = JSON.stringify(record.resource);
      const resource = resources.get(key) ?? resourceFromAttributes(record.resource);
      resources.set(key, resource);
      return {
        hrTime: hrTime(record.at),
        // OTLP does not require it, but the SDK always writes one.
        hrTimeObserved: hrTime(observed),
        severityNumber: record.severity,
        severityText: record.severityText,
        body: record.body,
        eventName: record.name,
        // The SDK's type has lists that may be changed; nobody changes them.
        attributes: record.attributes as ReadableLogRecord['attributes'],
        droppedAttributesCount: 0,
        resource,
        instrumentationScope,
      };
    });
  };
}

/** Seconds and nanoseconds: every microsecond is exact, which it would not be in one floating-point number. */
function hrTime(at: Micros): [number, number] {
  const seconds = Math.floor(at / 1_000_000);
  return [seconds, (at - seconds * 1_000_000) * 1000];
}

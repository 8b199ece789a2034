import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { type Attribute, DOUBLES, type RiskEvent } from '../model/risk.ts';
import type { Micros } from '../model/time.ts';
import type { Format } from './format.ts';
import { type PlainForm, plainOtel } from './plain-record.ts';

/**
 * A format (format.ts): risk events, in a form of plain-record.ts, as the OTLP log records that the SDK's exporters take.
 * `version` is Sidewatch's own, for the instrumentation scope: users route on the scope's name, and Sidewatch never detects
 * on records that carry it. The SDK's serialisers group records by the identity of scope and resource, so resources with equal contents become one object a batch.
 */
export function otlpLogRecords(version: string, form: PlainForm = plainOtel): Format<ReadableLogRecord[]> {
  const instrumentationScope = { name: 'sidewatch', version };
  return (events, observed) => {
    const resources = new Map<string, Resource>();
    return events.map((event) => {
      const record = form(event, observed);
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
        attributes: onTheWire(record.attributes),
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

function onTheWire(attributes: RiskEvent['attributes']): ReadableLogRecord['attributes'] {
  const wire: Record<string, string | number | boolean | string[]> = {};
  for (const [name, value] of Object.entries(attributes)) wire[name] = encodable(name, value);
  return wire;
}

function encodable(name: string, value: Attribute): string | number | boolean | string[] {
  if (typeof value === 'number') return DOUBLES.has(name) ? double(value) : value;
  return typeof value === 'object' ? [...value] : value;
}

/**
 * Both of the SDK's serialisers write a whole number as an int, and have no option against it. So 52.0 would change its
 * attribute's type from one record to the next, and backends with typed fields refuse one of the two. The next double
 * nearer to zero stays a double: 51.99999999999999 is off by less than a nanometre, and 90 and 180 stay in their range.
 * Zero becomes 2^-52 and not the least double, which some parsers do not take.
 */
function double(value: number): number {
  if (!Number.isInteger(value)) return value;
  if (value === 0) return Number.EPSILON;
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  bits.setBigUint64(0, bits.getBigUint64(0) - 1n);
  return bits.getFloat64(0);
}

import type { AnyValue, KeyValue } from '../../gen/opentelemetry/proto/common/v1/common_pb.ts';
import type { JsonObject } from './json.ts';

/**
 * An OTLP value as JSON.parse would give it. Integers beyond 2^53 are decimal strings, bytes are base64. An empty value, and
 * a double that JSON cannot write (NaN, Infinity), are null.
 */
export function jsonOf(any: AnyValue | undefined): unknown {
  if (any === undefined) return null;
  const of = any.value;
  switch (of.case) {
    case undefined:
      return null;
    case 'doubleValue':
      return Number.isFinite(of.value) ? of.value : null;
    case 'intValue': {
      const number = Number(of.value);
      return Number.isSafeInteger(number) ? number : String(of.value);
    }
    case 'bytesValue':
      return Buffer.from(of.value).toString('base64');
    case 'arrayValue':
      return of.value.values.map(jsonOf);
    case 'kvlistValue':
      return objectOf(of.value.values);
    default:
      return of.value;
  }
}

/** Attributes by key; the last one where a key occurs twice. The object has no prototype, so `__proto__` is a key like others. */
export function objectOf(pairs: readonly KeyValue[]): JsonObject {
  const object: Record<string, unknown> = Object.create(null);
  for (const { key, value } of pairs) object[key] = jsonOf(value);
  return object;
}

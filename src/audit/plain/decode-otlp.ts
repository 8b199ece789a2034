import { fromBinary, fromJson, type JsonValue } from '@bufbuild/protobuf';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import {
  type KeyValue,
  KeyValueListSchema,
  KeyValueSchema,
} from '../../gen/opentelemetry/proto/common/v1/common_pb.ts';
import { type LogRecord, LogRecordSchema } from '../../gen/opentelemetry/proto/logs/v1/logs_pb.ts';
import { type Resource, ResourceSchema } from '../../gen/opentelemetry/proto/resource/v1/resource_pb.ts';
import { isObject, parseJson, shortMessage } from '../document/json.ts';
import { lenientUtf8 } from './lenient-utf8.ts';

type Decoded = ExportLogsServiceRequest | { readonly malformed: string };

/**
 * How many messages may be nested in each other within a record; each level of a map takes three. The decoder is recursive,
 * and the stack has room for about twice as many.
 */
export const MESSAGES_MAX = 999;
/** The same within a request. */
const RECURSION_MAX = MESSAGES_MAX + 4;

const RequestSchema = lenientUtf8(ExportLogsServiceRequestSchema);
const LogRecordMessage = lenientUtf8(LogRecordSchema);
const AttributeMessage = lenientUtf8(KeyValueSchema);
const MapMessage = lenientUtf8(KeyValueListSchema);
const ResourceMessage = lenientUtf8(ResourceSchema);

/** Unknown fields would be kept as objects, at a hundred times their size. */
const OPTIONS = { readUnknownFields: false, recursionLimit: RECURSION_MAX } as const;

/** A serialised LogRecord. Its depth must have been checked. */
export function decodeRecord(bytes: Uint8Array): LogRecord {
  return fromBinary(LogRecordMessage, bytes, OPTIONS);
}

/** A serialised KeyValue. Its depth must have been checked. */
export function decodeAttribute(bytes: Uint8Array): KeyValue {
  return fromBinary(AttributeMessage, bytes, OPTIONS);
}

/** The members of a serialised KeyValueList. Its depth must have been checked. */
export function decodeMap(bytes: Uint8Array): readonly KeyValue[] {
  return fromBinary(MapMessage, bytes, OPTIONS).values;
}

/** A serialised Resource. Its depth must have been checked. */
export function decodeResource(bytes: Uint8Array): Resource {
  return fromBinary(ResourceMessage, bytes, OPTIONS);
}

/** A serialised ExportLogsServiceRequest. Unknown fields are skipped. Invalid UTF-8 in a string becomes U+FFFD. */
export function decodeOtlp(bytes: Uint8Array): Decoded {
  try {
    return fromBinary(RequestSchema, bytes, OPTIONS);
  } catch (error) {
    return { malformed: `not an OTLP logs request: ${shortMessage(error)}` };
  }
}

/**
 * The same as JSON: 64-bit integers are numbers or strings, enums are numbers, unknown names are skipped (the trace ids in
 * hex too). `{}` is an empty request. An object with other keys but without `resourceLogs` is not a request.
 */
export function decodeOtlpJson(text: string): Decoded {
  // A lone surrogate is not valid Unicode. The decoder would reject the whole request for one.
  const repair = /\\u[dD][89a-fA-F]/.test(text) ? wellFormed : undefined;
  const parsed = parseJson(text, repair);
  if ('why' in parsed) return { malformed: parsed.why };
  if (!isOtlpJson(parsed.value) && !isEmpty(parsed.value))
    return { malformed: 'not an OTLP logs request: no resourceLogs' };
  try {
    return fromJson(RequestSchema, parsed.value as JsonValue, {
      ignoreUnknownFields: true,
      recursionLimit: RECURSION_MAX,
    });
  } catch (error) {
    return { malformed: `not an OTLP logs request: ${shortMessage(error)}` };
  }
}

function isOtlpJson(document: unknown): boolean {
  return isObject(document) && Object.hasOwn(document, 'resourceLogs');
}

function isEmpty(document: unknown): boolean {
  return isObject(document) && Object.keys(document).length === 0;
}

function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

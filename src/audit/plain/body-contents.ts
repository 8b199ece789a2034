import type { ExportLogsServiceRequest } from '../../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { AnyValue } from '../../gen/opentelemetry/proto/common/v1/common_pb.ts';
import type { PassedBy } from '../../model/event.ts';
import type { Request } from '../../model/request.ts';
import { jsonOf } from '../document/any-value-json.ts';
import { isBlank, parseJson, textOf } from '../document/json.ts';
import { decodeOtlpJson } from './decode-otlp.ts';
import { unwrap } from './unwrap.ts';

/** What a body, or a line, holds. Items of `events` that are not objects are malformed. */
export type Contents =
  | { readonly kind: 'events'; readonly events: readonly unknown[] }
  | { readonly kind: 'request'; readonly request: ExportLogsServiceRequest }
  | { readonly kind: 'none'; readonly passedBy: PassedBy }
  | { readonly kind: 'malformed'; readonly why: string };

/** Strings and bytes are JSON text, maps are JSON documents. */
export function contentsOfBody(body: AnyValue | undefined, shape: Request['shape']): Contents {
  switch (body?.value.case) {
    case undefined:
      return { kind: 'none', passedBy: 'empty' };
    case 'stringValue':
      return contentsOfText(body.value.value, shape);
    case 'bytesValue':
      return contentsOfText(textOf(body.value.value), shape);
    default:
      return contentsOfDocument(jsonOf(body), shape, 'other');
  }
}

export function contentsOfText(text: string, shape: Request['shape']): Contents {
  if (isBlank(text)) return { kind: 'none', passedBy: 'empty' };
  const parsed = parseJson(text);
  if ('value' in parsed) return contentsOfDocument(parsed.value, shape, 'json', text);
  return resemblesEvent(text) ? { kind: 'malformed', why: parsed.why } : { kind: 'none', passedBy: 'text' };
}

/** `text`: the text from which the document was parsed, if any. An envelope without events is empty. */
function contentsOfDocument(
  document: unknown,
  shape: Request['shape'],
  otherwise: PassedBy,
  text?: string,
): Contents {
  const contents = unwrap(document, shape);
  switch (contents?.kind) {
    case 'malformed':
      return contents;
    case 'events':
      return contents.events.length > 0 ? contents : { kind: 'none', passedBy: 'empty' };
    case 'request':
      if (text !== undefined) return contentsOfRequest(text);
  }
  return { kind: 'none', passedBy: otherwise };
}

function contentsOfRequest(text: string): Contents {
  const request = decodeOtlpJson(text);
  return 'malformed' in request
    ? { kind: 'malformed', why: request.malformed }
    : { kind: 'request', request };
}

/** For text that does not parse: was it meant to be an audit event? */
export function resemblesEvent(text: string | Buffer): boolean {
  return text.includes('auditID') || text.includes('audit.k8s.io');
}

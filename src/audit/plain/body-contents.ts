import type { AnyValue } from '../../gen/opentelemetry/proto/common/v1/common_pb.ts';
import type { PassedBy } from '../../model/event.ts';
import { jsonOf } from './any-value-json.ts';
import { eventsOf, resemblesEvent } from './audit-events.ts';
import { isBlank, parseJson, textOf } from './json.ts';

/** What a record's body is to us. `document`: what stands there in place of an audit event, if it is JSON. */
export type Contents =
  | { readonly kind: 'events'; readonly events: readonly unknown[] }
  | { readonly kind: 'none'; readonly passedBy: PassedBy; readonly document?: unknown }
  | { readonly kind: 'malformed'; readonly why: string };

/** Strings and bytes are JSON text, maps are JSON documents. */
export function contentsOfBody(body: AnyValue | undefined): Contents {
  switch (body?.value.case) {
    case undefined:
      return { kind: 'none', passedBy: 'empty' };
    case 'stringValue':
      return contentsOfText(body.value.value);
    case 'bytesValue':
      return contentsOfText(textOf(body.value.value));
    default:
      return contentsOfDocument(jsonOf(body), 'other');
  }
}

export function contentsOfText(text: string): Contents {
  if (isBlank(text)) return { kind: 'none', passedBy: 'empty' };
  const parsed = parseJson(text);
  if ('value' in parsed) return contentsOfDocument(parsed.value, 'json');
  return resemblesEvent(text) ? { kind: 'malformed', why: parsed.why } : { kind: 'none', passedBy: 'text' };
}

/** An EventList without items is empty. */
function contentsOfDocument(document: unknown, otherwise: PassedBy): Contents {
  const events = eventsOf(document);
  if (events === undefined) return { kind: 'none', passedBy: otherwise, document };
  if ('why' in events) return { kind: 'malformed', why: events.why };
  return events.length === 0 ? { kind: 'none', passedBy: 'empty' } : { kind: 'events', events };
}

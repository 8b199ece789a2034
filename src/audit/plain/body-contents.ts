import type { ExportLogsServiceRequest } from '../../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts';
import type { AnyValue } from '../../gen/opentelemetry/proto/common/v1/common_pb.ts';
import type { PassedBy } from '../../model/event.ts';
import type { Request } from '../../model/request.ts';
import { jsonOf } from '../document/any-value-json.ts';
import { isBlank, isObject, type JsonObject, ownValue, parseJson, textOf } from '../document/json.ts';
import { LOOKS, lookOfObject } from '../document/record-looks.ts';
import { decodeOtlpJson } from './decode-otlp.ts';
import { documentIn, unwrap } from './unwrap.ts';

/** What a body, or a line, holds. Items of `events` that are not objects are malformed. */
export type Contents =
  | { readonly kind: 'events'; readonly events: readonly unknown[]; readonly cluster?: string }
  /** Documents, and texts of documents, each with an envelope of its own. `cluster`: what the envelope around them says. */
  | {
      readonly kind: 'documents';
      readonly documents: readonly unknown[];
      readonly cluster?: string;
      readonly passedBy: PassedBy;
      readonly look: string;
    }
  | { readonly kind: 'request'; readonly request: ExportLogsServiceRequest }
  /** Not one document: document-pieces.ts finds those that it holds. */
  | { readonly kind: 'pieces'; readonly text: Buffer }
  /** The members of an OTLP array, each a document. */
  | { readonly kind: 'members'; readonly members: readonly unknown[] }
  /** `look`: see record-looks.ts. */
  | { readonly kind: 'none'; readonly passedBy: PassedBy; readonly look: string }
  | ({ readonly kind: 'malformed' } & DocumentFault);

/** What is wrong with a document. */
export interface DocumentFault {
  readonly why: string;
  /** True where it does not parse: it may be some other text. */
  readonly unparsed?: true;
}

/** Strings and bytes are JSON text, maps are JSON documents. */
export function contentsOfBody(body: AnyValue | undefined, shape: Request['shape']): Contents {
  switch (body?.value.case) {
    case undefined:
      return { kind: 'none', passedBy: 'empty', look: LOOKS.empty };
    case 'stringValue':
      return contentsOfText(body.value.value, shape);
    case 'bytesValue':
      return contentsOfText(textOf(body.value.value), shape);
    default: {
      const value = jsonOf(body);
      if (!Array.isArray(value)) return contentsOfDocument(value, shape, 'other');
      return { kind: 'members', members: value };
    }
  }
}

/** What a record holds: in its body, or else, where that is empty, in its attributes. */
export function contentsOfRecord(
  body: AnyValue | undefined,
  attributes: () => JsonObject,
  shape: Request['shape'],
): Contents {
  const contents = contentsOfBody(body, shape);
  if (contents.kind !== 'none' || contents.look !== LOOKS.empty) return contents;
  const document = documentIn(attributes());
  return document === undefined
    ? contents
    : { kind: 'documents', documents: [document], passedBy: 'empty', look: LOOKS.empty };
}

export function contentsOfText(text: string, shape: Request['shape']): Contents {
  if (isBlank(text)) return { kind: 'none', passedBy: 'empty', look: LOOKS.empty };
  const parsed = parseJson(text);
  if ('why' in parsed || Array.isArray(parsed.value)) return { kind: 'pieces', text: Buffer.from(text) };
  return contentsOfDocument(parsed.value, shape, 'json', text);
}

/** The text of one document, as found by document-pieces.ts. */
export function contentsOfPiece(text: string, shape: Request['shape']): Contents {
  const parsed = parseJson(text);
  return 'why' in parsed
    ? { kind: 'malformed', why: parsed.why, unparsed: true }
    : contentsOfDocument(parsed.value, shape, 'json', text);
}

/** `text`: the text from which the document was parsed, if any. An envelope without events is empty. */
export function contentsOfDocument(
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
      return contents.events.length > 0 ? contents : { kind: 'none', passedBy: 'empty', look: LOOKS.list };
    case 'documents':
      return { ...contents, passedBy: otherwise, look: LOOKS.wrapped };
    case 'request':
      if (text !== undefined) return contentsOfRequest(text);
  }
  const scalar = otherwise === 'json' ? LOOKS.scalar : LOOKS.value;
  const look = isObject(document)
    ? lookOfObject(otherwise, ownValue(document, 'auditID') !== undefined)
    : scalar;
  return { kind: 'none', passedBy: otherwise, look };
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

import { atOnce, inOneStep } from '../../lib/steps.ts';
import type { ReadRequest } from '../../model/event.ts';
import type { Request } from '../../model/request.ts';
import { isCostlyJson, REQUEST_JSON_MAX } from '../document/charge.ts';
import { isObject, parseJson, textOf } from '../document/json.ts';
import { DOCUMENTS_MAX } from '../texts/document-pieces.ts';
import { contentsOfText } from './body-contents.ts';
import { decodeOtlp, decodeOtlpJson } from './decode-otlp.ts';
import { notAnObject, piecewise } from './piecewise.ts';
import { PlainReading } from './plain-reading.ts';
import { bareOrigin, type ClusterNames } from './record-origin.ts';
import { unwrap } from './unwrap.ts';

type Malformed = { readonly malformed: string };

/**
 * The plain reader: it decodes the whole request, then visits its audit events in order. `read` must give the same answers.
 * It accepts any bytes and throws only what `visit` throws. Invalid UTF-8 is read as U+FFFD, in every shape.
 */
export const readPlainly = ((request, plan, visit) => {
  const reading = new PlainReading(request, plan, visit);
  const malformed = SHAPES[request.shape](request, reading);
  if (malformed !== undefined) return malformed;
  reading.finish();
  return reading.report.result;
}) satisfies ReadRequest;

const SHAPES: Record<Request['shape'], (request: Request, reading: PlainReading) => Malformed | undefined> = {
  otlp({ bytes }, reading) {
    const decoded = decodeOtlp(bytes);
    if ('malformed' in decoded) return decoded;
    reading.otlp(decoded);
    return undefined;
  },

  'otlp-json'({ bytes }, reading) {
    if (isCostlyRequest(bytes, 'otlp-json')) return TOO_COSTLY;
    const decoded = decodeOtlpJson(textOf(bytes));
    if ('malformed' in decoded) return decoded;
    reading.otlp(decoded);
    return undefined;
  },

  /** Each item is a record of its own. A fault beside lists that can be read is one more record, which is rejected. */
  'event-list'(request, reading) {
    if (isCostlyRequest(request.bytes, 'event-list')) return TOO_COSTLY;
    const { report } = reading;
    const text = textOf(request.bytes);
    const parsed = parseJson(text);
    if ('value' in parsed && !Array.isArray(parsed.value)) {
      const why = readList(parsed.value, reading, request);
      return why === undefined ? undefined : { malformed: why };
    }
    const utf8 = Buffer.from(text);
    const pieces = piecewise(utf8, [0, utf8.length], DOCUMENTS_MAX, (start, end) =>
      inOneStep(() => {
        const piece = parseJson(textOf(utf8.subarray(start, end)));
        const why = 'why' in piece ? piece.why : readList(piece.value, reading, request);
        return why === undefined ? undefined : { why };
      }),
    );
    const found = atOnce(pieces);
    const fault = found.malformed ?? found.unparsed ?? found.item;
    if (report.records === 0 && (fault !== undefined || found.documents === 0))
      return { malformed: found.malformed ?? ('why' in parsed ? parsed.why : NO_LIST) };
    if (found.documents > 1) report.several++;
    report.nulBytes += found.nulBytes;
    if (fault === undefined) return undefined;
    report.records++;
    report.reject(fault);
    return undefined;
  },

  /** A line is one record, or the records of an OTLP request. It is never malformed as a whole. */
  line(request, reading) {
    const contents = contentsOfText(textOf(request.bytes), 'line');
    if (contents.kind !== 'request') reading.report.records++;
    reading.record(contents, bareOrigin(0, request));
    return undefined;
  },
};

const TOO_COSTLY = { malformed: 'a request with too many JSON values; send smaller batches' };

const isCostlyRequest = (bytes: Uint8Array, shape: keyof typeof REQUEST_JSON_MAX): boolean =>
  isCostlyJson(bytes, 0, bytes.length, false, REQUEST_JSON_MAX[shape]);

const NO_LIST = 'neither an EventList nor an Event of audit.k8s.io';

/** Visits the items of a webhook's list. Returns the reason where the document is not such a list. */
function readList(document: unknown, reading: PlainReading, clusters: ClusterNames): string | undefined {
  const { report } = reading;
  const contents = unwrap(document, 'event-list');
  if (contents?.kind === 'malformed') return contents.why;
  if (contents?.kind !== 'events') return NO_LIST;
  for (const event of contents.events) {
    const record = report.records++;
    const why = isObject(event)
      ? reading.event(event, bareOrigin(record, clusters))?.why
      : notAnObject(record);
    if (why !== undefined) report.reject(why);
  }
  return undefined;
}

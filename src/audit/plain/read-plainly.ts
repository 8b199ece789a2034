import type { ReadRequest } from '../../model/event.ts';
import type { Request } from '../../model/request.ts';
import { isObject, parseJson, textOf } from '../document/json.ts';
import { contentsOfText } from './body-contents.ts';
import { decodeOtlp, decodeOtlpJson } from './decode-otlp.ts';
import { PlainReading } from './plain-reading.ts';
import { bareOrigin } from './record-origin.ts';
import { unwrap } from './unwrap.ts';

type Malformed = { readonly malformed: string };

/**
 * The plain reader: it decodes the whole request, then visits its audit events in order. `read` must give the same answers.
 * It accepts any bytes and throws only what `visit` throws. Invalid UTF-8 is read as U+FFFD, in every shape.
 */
export const readPlainly = ((request, plan, visit) => {
  const reading = new PlainReading(request, plan, visit);
  return SHAPES[request.shape](request, reading) ?? reading.report.result;
}) satisfies ReadRequest;

const SHAPES: Record<Request['shape'], (request: Request, reading: PlainReading) => Malformed | undefined> = {
  otlp({ bytes }, reading) {
    const decoded = decodeOtlp(bytes);
    if ('malformed' in decoded) return decoded;
    reading.otlp(decoded);
    return undefined;
  },

  'otlp-json'({ bytes }, reading) {
    const decoded = decodeOtlpJson(textOf(bytes));
    if ('malformed' in decoded) return decoded;
    reading.otlp(decoded);
    return undefined;
  },

  /** Each item is a record of its own. */
  'event-list'({ bytes, cluster }, reading) {
    const parsed = parseJson(textOf(bytes));
    if ('why' in parsed) return { malformed: parsed.why };
    const contents = unwrap(parsed.value, 'event-list');
    if (contents?.kind === 'malformed') return { malformed: contents.why };
    if (contents?.kind !== 'events')
      return { malformed: 'neither an EventList nor an Event of audit.k8s.io' };
    for (const event of contents.events) {
      const record = reading.report.records++;
      if (isObject(event)) reading.event(event, bareOrigin(record, cluster));
      else reading.report.reject(`item ${record} is not an object`);
    }
    return undefined;
  },

  /** A line is one record, or the records of an OTLP request. It is never malformed as a whole. */
  line({ bytes, cluster }, reading) {
    const contents = contentsOfText(textOf(bytes), 'line');
    if (contents.kind !== 'request') reading.report.records++;
    reading.record(contents, bareOrigin(0, cluster));
    return undefined;
  },
};

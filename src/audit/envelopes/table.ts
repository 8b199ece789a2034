import { bareEvent } from './bare-event.ts';
import type { Envelope } from './envelope.ts';
import { eventList } from './event-list.ts';
import { otlpRequest } from './otlp-request.ts';

/**
 * All envelopes, in order of precedence: the first row that fits is the document's. To add one: a file here, a row, and a
 * generator in test/property/envelope-generators.ts.
 */
export const ENVELOPES = [eventList, bareEvent, otlpRequest] as const satisfies readonly Envelope[];

export type EnvelopeName = (typeof ENVELOPES)[number]['name'];

import { setImmediate } from 'node:timers/promises';
import type { ReadOutcome, ReadRequest } from '../model/event.ts';
import { ByteReading, PLAIN_MOST } from './bytes/byte-reading.ts';
import { readPlainly } from './plain/read-plainly.ts';

/** Bytes of records that are read in one turn of the event loop: a few milliseconds' work. */
const SLICE = 2 ** 20;

/**
 * A request's bytes to its audit events, in order, whatever the bytes are; it throws only what `visit` throws. The whole
 * request is known to be well-formed before the first visit. What is unusual is read plainly, with the same answers.
 */
export const read = ((request, plan, visit) => {
  if (request.shape !== 'otlp' && request.shape !== 'line') return readPlainly(request, plan, visit);
  const reading = new ByteReading(request, plan, visit);
  if (request.shape === 'line') {
    const done = reading.line();
    reading.end();
    return done ? reading.plain.report.result : readPlainly(request, plan, visit);
  }
  const slice = reading.otlp(SLICE);
  if (!slice) {
    reading.end();
    if (request.bytes.length > PLAIN_MOST)
      return {
        malformed: `unusual protobuf in a request of more than ${PLAIN_MOST} bytes; send smaller batches`,
      };
    return slowly(readPlainly(request, plan, visit));
  }
  if (slice()) return inTurns(reading, slice);
  reading.end();
  return reading.plain.report.result;
}) satisfies ReadRequest;

async function inTurns(reading: ByteReading, slice: () => boolean): Promise<ReadOutcome> {
  do await setImmediate();
  while (slice());
  reading.end();
  return reading.plain.report.result;
}

function slowly(outcome: ReadOutcome): ReadOutcome {
  return 'malformed' in outcome || outcome.events === 0
    ? outcome
    : { ...outcome, slow: { unusual_request: outcome.events } };
}

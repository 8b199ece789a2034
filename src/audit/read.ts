import { setImmediate } from 'node:timers/promises';
import type { ReadOutcome, ReadRequest } from '../model/event.ts';
import { ByteReading, PLAIN_BYTES_MAX } from './bytes/byte-reading.ts';
import { readPlainly } from './plain/read-plainly.ts';

/** Bytes of records that are read in one turn of the event loop: a few milliseconds of work. */
const SLICE_BYTES = 2 ** 20;

/**
 * Reads the audit events of a request, in order. It accepts any bytes and throws only what `visit` throws. The whole request
 * is checked before the first visit. PlainReading reads what is unusual; the answers are the same.
 */
export const read = ((request, plan, visit) => {
  if (request.shape !== 'otlp' && request.shape !== 'line') return readPlainly(request, plan, visit);
  const reading = new ByteReading(request, plan, visit);
  if (request.shape === 'line') {
    const done = reading.line();
    reading.end();
    return done ? reading.plain.report.result : readPlainly(request, plan, visit);
  }
  const slice = reading.otlp(SLICE_BYTES);
  if (!slice) {
    reading.end();
    if (request.bytes.length > PLAIN_BYTES_MAX)
      return {
        malformed: `unusual protobuf in a request of more than ${PLAIN_BYTES_MAX} bytes; send smaller batches`,
      };
    return allCountedSlow(readPlainly(request, plan, visit));
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

function allCountedSlow(outcome: ReadOutcome): ReadOutcome {
  return 'malformed' in outcome || outcome.events === 0
    ? outcome
    : { ...outcome, slow: { unusual_request: outcome.events } };
}

import { setImmediate } from 'node:timers/promises';
import type { Steps } from '../lib/steps.ts';
import type { ReadOutcome, ReadRequest } from '../model/event.ts';
import { ByteReading } from './bytes/byte-reading.ts';
import type { WalkedAs } from './bytes/request-walk.ts';
import { SECTIONS_MAX, UNUSUAL_BYTES_MAX } from './document/charge.ts';
import { readPlainly } from './plain/read-plainly.ts';

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
  const outcome = (checked: WalkedAs): ReadOutcome => {
    reading.end();
    if (checked === 'usual') {
      reading.plain.finish();
      return reading.plain.report.result;
    }
    if (checked === 'sections') return { malformed: `more than ${SECTIONS_MAX} resources and scopes` };
    if (request.bytes.length <= UNUSUAL_BYTES_MAX) return allCountedSlow(readPlainly(request, plan, visit));
    return {
      malformed: `unusual protobuf in a request of more than ${UNUSUAL_BYTES_MAX} bytes; send smaller batches`,
    };
  };
  const steps = reading.otlp();
  const first = steps.next();
  return first.done ? outcome(first.value) : inTurns(steps).then(outcome);
}) satisfies ReadRequest;

async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    await setImmediate();
    const step = steps.next();
    if (step.done) return step.value;
  }
}

function allCountedSlow(outcome: ReadOutcome): ReadOutcome {
  return 'malformed' in outcome || outcome.events === 0
    ? outcome
    : { ...outcome, slow: { unusual_request: outcome.events } };
}

import type { Handle, Request } from '../model/request.ts';
import type { Micros } from '../model/time.ts';

/** Requests that are being answered. */
export interface RequestsInFlight {
  readonly handle: Handle;
  /** The time up to which everything that arrived has been counted: windows that are due by then may close. */
  settled(now: Micros): Micros;
}

/**
 * A large request is read and recorded in several turns of the event loop. A window that closed in between would miss hits
 * that arrived before it was due, so windows wait for the requests in flight. `after` is called after each.
 */
export function requestsInFlight(handle: Handle, after: () => void = () => {}): RequestsInFlight {
  const requests = new Set<Request>();
  return {
    async handle(request) {
      requests.add(request);
      try {
        return await handle(request);
      } finally {
        requests.delete(request);
        after();
      }
    },
    settled(now) {
      let earliest = now;
      for (const { arrived } of requests) if (arrived < earliest) earliest = arrived;
      return earliest;
    },
  };
}

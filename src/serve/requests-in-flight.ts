import type { Handle, Request } from '../model/request.ts';
import type { Micros } from '../model/time.ts';

/** Requests that are being answered. */
export interface RequestsInFlight {
  readonly handle: Handle;
  /** The time up to which all that arrived has been counted: windows that are due then may close. */
  settled(now: Micros): Micros;
}

/**
 * A large request is read and recorded in turns. A window that closed meanwhile would miss what arrived before it was due,
 * so windows wait for the requests under way.
 */
export function requestsInFlight(handle: Handle): RequestsInFlight {
  const open = new Set<Request>();
  return {
    async handle(request) {
      open.add(request);
      try {
        return await handle(request);
      } finally {
        open.delete(request);
      }
    },
    settled(now) {
      let until = now;
      for (const { arrived } of open) if (arrived < until) until = arrived;
      return until;
    },
  };
}

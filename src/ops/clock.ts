import type { Clock, Micros } from '../model/time.ts';

/**
 * The machine's wall clock, to the millisecond. Follows when it is set, as the audit log's own stamps do, so it may step back.
 * The only place that asks for the time.
 */
export const wallClock: Clock = () => (Date.now() * 1000) as Micros;

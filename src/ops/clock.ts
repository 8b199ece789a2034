import type { Clock, Micros, Ms } from '../model/time.ts';

/**
 * The machine's wall clock, to the millisecond. Like the timestamps of the audit log it may step back, when somebody sets the
 * clock. No other place asks for the time.
 */
export const wallClock: Clock = () => (Date.now() * 1000) as Micros;

/** For lengths of time: it never steps back, and has no meaning by itself. */
export const steadyClock = (): Ms => performance.now() as Ms;

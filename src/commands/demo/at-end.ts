import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `last` when the process ends, by itself or by a signal other than SIGKILL. */
export function atEnd(last: () => void): void {
  process.once('exit', last);
  for (const signal of SIGNALS) process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

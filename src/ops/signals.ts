import { seconds } from '../lib/time-format.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** npm passes on a Ctrl-C that the terminal sends to us too, and systemd signals a whole group: two signals within this time are one. */
const ECHO = seconds(1);

const exit = () => process.exit(0);

/** Requests to stop, from a person or a supervisor. */
export interface StopSignals {
  /** Aborts at the first of them. */
  readonly stop: AbortSignal;
  /** Aborts at a further signal that is no echo of the first. */
  readonly atOnce: AbortSignal;
}

/** For the time before the start: nothing was received yet, so a signal ends the process, and that is no error. */
export function exitAtSignals(): void {
  for (const signal of SIGNALS) process.on(signal, exit);
  // The rules are about to be loaded anyway.
  process.on('SIGHUP', () => {});
}

/** Replaces `exitAtSignals`: from now on these signals are requests to stop. */
export function stopSignals(signals: readonly NodeJS.Signals[] = SIGNALS): StopSignals {
  const stop = new AbortController();
  const atOnce = new AbortController();
  let echoed = false;
  const onSignal = () => {
    if (echoed) atOnce.abort();
    if (stop.signal.aborted) return;
    stop.abort();
    setTimeout(() => {
      echoed = true;
    }, ECHO).unref();
  };
  // In this order: without any listener in between, a pending signal would be lost.
  for (const signal of signals) process.on(signal, onSignal).off(signal, exit);
  return { stop: stop.signal, atOnce: atOnce.signal };
}

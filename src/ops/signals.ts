import { seconds } from '../lib/time-format.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** npm passes on the Ctrl-C that the terminal sent us too, and systemd signals a whole group: two so near are one. */
const ECHO = seconds(1);

const exit = () => process.exit(0);

/** What a person or a supervisor asks for. */
export interface StopSignals {
  /** Aborts at the first SIGTERM or SIGINT. */
  readonly stop: AbortSignal;
  /** Aborts at the second of either that is no echo of the first. */
  readonly atOnce: AbortSignal;
}

/** For the time until there is something to stop: nothing was taken yet, so a signal ends the process, and that is no error. */
export function exitAtSignals(): void {
  for (const signal of SIGNALS) process.on(signal, exit);
  // What is to be reloaded is about to be loaded.
  process.on('SIGHUP', () => {});
}

/** From now on signals are heard here, in place of `exitAtSignals`. */
export function stopSignals(): StopSignals {
  const stop = new AbortController();
  const atOnce = new AbortController();
  let echoed = false;
  const heard = () => {
    if (echoed) atOnce.abort();
    if (stop.signal.aborted) return;
    stop.abort();
    setTimeout(() => {
      echoed = true;
    }, ECHO).unref();
  };
  // In this order: without a listener in between, a signal that waits to be heard would be lost.
  for (const signal of SIGNALS) process.on(signal, heard).off(signal, exit);
  return { stop: stop.signal, atOnce: atOnce.signal };
}

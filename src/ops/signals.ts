const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

const exit = () => process.exit(0);

/** What a person or a supervisor asks for. */
export interface StopSignals {
  /** Aborts at the first SIGTERM or SIGINT. */
  readonly stop: AbortSignal;
  /** Aborts at the second of either. */
  readonly atOnce: AbortSignal;
}

/** For the time until there is something to stop: nothing was taken yet, so a signal ends the process, and that is no error. */
export function exitAtSignals(): void {
  for (const signal of SIGNALS) process.on(signal, exit);
}

/** From now on signals are heard here, in place of `exitAtSignals`. */
export function stopSignals(): StopSignals {
  const stop = new AbortController();
  const atOnce = new AbortController();
  for (const signal of SIGNALS) {
    process.off(signal, exit);
    process.on(signal, () => (stop.signal.aborted ? atOnce : stop).abort());
  }
  return { stop: stop.signal, atOnce: atOnce.signal };
}

import { seconds } from '../lib/time.ts';

/** npm passes on the Ctrl-C that the terminal sent us too, or the SIGTERM that systemd sent us both: two so near are one. */
const ECHO = seconds(1);

/** Aborts at the first SIGTERM or SIGINT; a later one ends the process at once. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  let echoed = false;
  const heard = () => {
    if (echoed) process.exit(1);
    if (stop.signal.aborted) return;
    stop.abort();
    setTimeout(() => {
      echoed = true;
    }, ECHO).unref();
  };
  process.on('SIGTERM', heard).on('SIGINT', heard);
  return stop.signal;
}

import { aborted } from '../lib/aborted.ts';
import { seconds } from '../lib/time-format.ts';
import type { RulesInForce } from './rules-in-force.ts';
import type { StartedPart } from './started-parts.ts';

/** How often files are checked for changes. */
const CHECK_EVERY = seconds(2);

/** Reloads the rules at SIGHUP and when their files have changed. */
export function startReloading(inForce: RulesInForce): StartedPart {
  const reload = () => void inForce.reload();
  // `exitAtSignals` has a listener of its own: a SIGHUP before or after this part does not end the process.
  process.on('SIGHUP', reload);
  const timer = setInterval(() => inForce.changed() && reload(), CHECK_EVERY);
  return {
    async stop(by) {
      clearInterval(timer);
      process.off('SIGHUP', reload);
      await Promise.race([inForce.stop(), aborted(by)]);
    },
  };
}

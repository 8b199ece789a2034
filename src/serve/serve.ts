import { aborted } from '../lib/aborted.ts';
import type { StopSignals } from '../ops/signals.ts';
import { startService } from './service.ts';

/**
 * Receives until a signal says stop, or nobody can get risk events any more; then closes windows, drains, and resolves with
 * the exit code. Throws UserError where it cannot start.
 */
export async function serve(configPath: string | undefined, { stop, atOnce }: StopSignals): Promise<number> {
  const service = await startService(configPath);
  const code = await Promise.race([aborted(stop).then(() => 0), service.ended]);
  service.log.info('stopping: no new requests are taken, windows are closed and risk events sent');
  const done = service.stop(AbortSignal.timeout(service.drain)).then(() => code);
  return await Promise.race([
    done,
    aborted(atOnce).then(() => {
      service.log.error(`stopped at once by a second signal: ${service.unfinished()}`);
      return 1;
    }),
  ]);
}

import { aborted } from '../lib/aborted.ts';
import type { StopSignals } from '../ops/signals.ts';
import { startService } from './service.ts';

/**
 * Receives until a stop signal, or until risk events have no reader left. Then closes windows, drains, and resolves with the
 * exit code. Throws UserError where it cannot start.
 */
export async function serve(configPath: string | undefined, { stop, atOnce }: StopSignals): Promise<number> {
  const service = await startService(configPath);
  const code = await Promise.race([aborted(stop).then(() => 0), service.ended]);
  service.log.info(`stopping: new requests are rejected, ${service.atStop}`);
  const stopped = service.stop(AbortSignal.timeout(service.drain)).then(() => code);
  return await Promise.race([
    stopped,
    aborted(atOnce).then(() => {
      service.log.error(`stopped at once by a second signal: ${service.unfinished()}`);
      return 1;
    }),
  ]);
}

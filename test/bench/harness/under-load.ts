import type { Input } from '../inputs/input.ts';
import type { Measured } from './case.ts';
import { startLoad } from './load.ts';
import { cpuOf, memoryOf } from './process-cost.ts';
import type { Server } from './server.ts';

/**
 * Sends an input to a server once: a quarter unmeasured, the rest measured. `rest` is its memory before. The server is
 * stopped afterwards. `meanwhile` begins something that goes on beside it, and gives what ends it and tells its figures.
 */
export async function underLoad(
  server: Server,
  of: Input,
  meanwhile: (address: string) => () => Promise<Measured> = () => async () => ({}),
): Promise<Measured> {
  const load = await startLoad(server.address, of);
  const rest = memoryOf(server.pid, 'VmRSS');
  const warm = of.count >> 2;
  await load.run(warm);
  const end = meanwhile(server.address);
  const before = cpuOf(server.pid);
  const seconds = await load.run(of.count - warm);
  const cpu = cpuOf(server.pid) - before;
  const told = await end();
  const peak = memoryOf(server.pid, 'VmHWM');
  load.stop();
  await server.stop();
  const part = (of.count - warm) / of.count;
  return {
    ...told,
    records: of.records * part,
    bytes: of.bytes * part,
    cpu,
    seconds,
    rest,
    peak,
    start: server.start,
  };
}

import type { Measured } from './case.ts';

const WARM = 0.3;
const RUN = 0.5;

/** CPU seconds of this process, user and system, its garbage collection included. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

export const peakMegabytes = (): number => process.resourceUsage().maxRSS / 1000;

/**
 * Makes passes over the same input, first unmeasured, then for at least RUN seconds of CPU: neighbours on the machine
 * change that less than the time of day. `records` and `bytes` are of one pass.
 */
export async function timed(
  of: { readonly records: number; readonly bytes: number },
  pass: () => unknown,
): Promise<Measured> {
  const passes = async (seconds: number) => {
    const began = cpuSeconds();
    let made = 0;
    do {
      await pass();
      made++;
    } while (cpuSeconds() - began < seconds);
    return made;
  };
  await passes(WARM);
  const [cpu, clock] = [cpuSeconds(), performance.now()];
  const made = await passes(RUN);
  return {
    records: made * of.records,
    bytes: made * of.bytes,
    cpu: cpuSeconds() - cpu,
    seconds: (performance.now() - clock) / 1000,
    peak: peakMegabytes(),
  };
}

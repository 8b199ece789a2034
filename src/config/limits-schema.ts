import { closedMap, section, wholeNumber, withInstead } from '../schema/shapes.ts';
import { duration } from '../schema/time-shapes.ts';
import { MEMORY_LIMITER } from './collector-keys.ts';

const MIB = 1_048_576;

export const memoryLimits = section(
  withInstead(
    closedMap({
      limit_mib: wholeNumber(16, MIB)
        .optional()
        .describe(
          'Memory of the heap and of the buffers that it refers to, in MiB; the process takes more than that. Above this limit less `spike_limit_mib` requests are refused and may be retried. Off unless it is set.',
        ),
      spike_limit_mib: wholeNumber(0, MIB)
        .optional()
        .describe(
          'How much memory may grow between two checks, in MiB. A fifth of `limit_mib` unless it is set.',
        ),
      check_interval: duration('100ms', '1m').prefault('1s').describe('How often memory is measured.'),
    })
      .refine(({ limit_mib, spike_limit_mib }) => spike_limit_mib === undefined || limit_mib !== undefined, {
        path: ['limit_mib'],
        error: 'is missing; without it spike_limit_mib has no effect',
      })
      .refine(({ limit_mib, spike_limit_mib }) => (spike_limit_mib ?? 0) < (limit_mib ?? MIB + 1), {
        path: ['spike_limit_mib'],
        error: 'is not less than limit_mib',
      })
      .transform((set) => ({
        ...set,
        spike_limit_mib: set.spike_limit_mib ?? Math.round((set.limit_mib ?? 0) / 5),
      })),
    MEMORY_LIMITER,
  ),
);

export const limits = section(
  closedMap({
    requests_mib: wholeNumber(1, 65_536)
      .default(256)
      .describe(
        'Memory for all requests in progress, in MiB. Beyond it requests are refused and may be retried. One request of the largest size is always accepted.',
      ),
    sender_requests_mib: wholeNumber(1, 65_536)
      .optional()
      .describe(
        'The same for the requests of one sender, in MiB. Half of `requests_mib` unless it is set. All who have a token of one cluster are one sender; else each address is one. Without such a token, clients of a unix socket or on loopback do not have this limit.',
      ),
    groups: wholeNumber(1, 10_000_000)
      .default(10_000)
      .describe(
        'Groups that a rule may hold. Beyond it the payer (a client network) with the most groups gives way: its least recently hit group is folded or closed early.',
      ),
    state_mib: wholeNumber(1, MIB)
      .default(128)
      .describe('Memory for windows, in MiB; beyond it groups give way.'),
    values: wholeNumber(1, 100_000)
      .default(1000)
      .describe('Distinct values that a detection keeps of a field; the rest is cut and flagged.'),
  }).transform((set) => ({
    ...set,
    sender_requests_mib: set.sender_requests_mib ?? Math.ceil(set.requests_mib / 2),
  })),
);

import type { HittingArgs } from './children/hitting.ts';
import { type Bench, perCpuSecond, SPEED } from './harness/case.ts';
import { measureIn } from './harness/child.ts';
import { input, TYPICAL } from './inputs/input.ts';

const variant = (name: string, how: HittingArgs['how']) => ({
  name,
  measure(tree: string) {
    const { requests, records, bytes } = input({ ...TYPICAL, bytes: 0, share: 1, records: 100, total: 5e6 });
    return measureIn('hitting', { tree, how, requests, records, bytes } satisfies HittingArgs);
  },
});

export const hits: Bench = {
  name: 'hits',
  about: 'what a hit costs: event to hit to window, every eighth of a client in a scan that fires once',
  cases: () => [
    {
      title: 'metadata as captured, 100 % hits, 100 records a request, 75 rules',
      variants: [
        variant('read and matched', 'match'),
        variant('and hits made', 'hits'),
        variant('and put in windows', 'windows'),
      ],
      columns: SPEED,
      compared: perCpuSecond,
    },
  ],
};

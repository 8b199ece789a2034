import type { StoringArgs } from './children/storing.ts';
import { type Bench, figure, perCpuSecond } from './harness/case.ts';
import { measureIn } from './harness/child.ts';

const MEANING: Readonly<Record<StoringArgs['how'], string>> = {
  append: 'append and fdatasync',
  here: 'the file on the main loop',
  thread: 'the store, in its thread',
};

export const store: Bench = {
  name: 'store',
  about: 'commits of 1,000 entries of 400 bytes, one after the other, each durable before the next',
  cases: () => [
    {
      title: 'a block a commit, its CRC with it; a cut of the journal every 100 commits',
      variants: (['append', 'here', 'thread'] as const).map((how) => ({
        name: MEANING[how],
        baseline: how === 'append',
        measure: (tree) => measureIn('storing', { tree, how } satisfies StoringArgs),
      })),
      columns: [
        { heading: 'k records/s', digits: 0, of: ({ records, seconds }) => records! / seconds! / 1000 },
        figure('loop', 'main loop, us a record', 2),
        { heading: 'CPU us a record', digits: 2, of: (measured) => 1e6 / perCpuSecond(measured) },
        figure('p99', 'loop delay p99, ms', 1),
        figure('peak', 'peak RSS, MB'),
      ],
      compared: perCpuSecond,
    },
  ],
};

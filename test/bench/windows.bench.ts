import type { ChurningArgs } from './children/churning.ts';
import { type Bench, figure, perCpuSecond } from './harness/case.ts';
import { measureIn } from './harness/child.ts';

const variant = (name: string, how: ChurningArgs['how'], groups: number) => ({
  name,
  baseline: how === 'map',
  measure: (tree: string) => measureIn('churning', { tree, how, groups } satisfies ChurningArgs),
});

export const windows: Bench = {
  name: 'windows',
  about: 'hits into windows; more groups than a rule may hold (10,000) make each new one push an old one out',
  cases: () =>
    [1000, 20_000].map((groups) => ({
      title: `${groups} groups take turns, a hit a millisecond`,
      variants: [
        variant('count in a Map', 'map', groups),
        variant('sliding', 'sliding', groups),
        variant('tumbling', 'tumbling', groups),
      ],
      columns: [
        { heading: 'k hits/s', digits: 0, of: ({ records, seconds }) => records! / seconds! / 1000 },
        { heading: 'CPU us a hit', digits: 2, of: (measured) => 1e6 / perCpuSecond(measured) },
        figure('peak', 'peak RSS, MB'),
      ],
      compared: perCpuSecond,
    })),
};

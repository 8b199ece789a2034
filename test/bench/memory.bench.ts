import type { HoldingArgs } from './children/holding.ts';
import { type Bench, figure } from './harness/case.ts';
import { measureIn } from './harness/child.ts';

export const memory: Bench = {
  name: 'memory',
  about: 'bytes that an open group takes up, and what the bound on memory counts for it',
  cases: () => [
    {
      title: '10,000 groups, two fields collected',
      variants: (['sliding', 'tumbling'] as const).flatMap((how) =>
        [1, 6, 60].map((hits) => ({
          name: `${how}, ${hits} ${hits === 1 ? 'hit' : 'hits'} a group`,
          measure: (tree: string) =>
            measureIn('holding', { tree, how, hits } satisfies HoldingArgs, ['--expose-gc']),
        })),
      ),
      columns: [
        figure('heap', 'heap bytes a group'),
        figure('counted', 'bytes counted a group'),
        figure('groups', 'groups'),
        figure('peak', 'peak RSS, MB'),
      ],
    },
  ],
};

import type { HoldingArgs } from './children/holding.ts';
import { type Bench, type Case, figure } from './harness/case.ts';
import { measureIn } from './harness/child.ts';

const FLAGS = ['--expose-gc', '--max-old-space-size=12000'];

function holding(title: string, variants: readonly Omit<HoldingArgs, 'tree'>[]): Case {
  return {
    title,
    variants: variants.map((args) => ({
      name: `${args.how}, ${args.hits} ${args.hits === 1 ? 'hit' : 'hits'} a group`,
      measure: (tree: string) => measureIn('holding', { tree, ...args } satisfies HoldingArgs, FLAGS),
    })),
    columns: [
      figure('heap', 'heap bytes a group'),
      figure('counted', 'bytes counted a group'),
      figure('groups', 'groups'),
      figure('peak', 'peak RSS, MB'),
    ],
  };
}

const WINDOWS = ['sliding', 'both', 'tumbling'] as const;

export const memory: Bench = {
  name: 'memory',
  about:
    'bytes that an open group takes up, and what the bound on memory counts for it; both: with a summary to come',
  cases: () => [
    holding(
      '10,000 groups of hits with all facts, three fields collected',
      WINDOWS.flatMap((how) => [1, 6, 60].map((hits) => ({ how, hits, groups: 10_000 }))),
    ),
    holding(
      '1,000,000 groups of one hit',
      WINDOWS.map((how) => ({ how, hits: 1, groups: 1_000_000 })),
    ),
  ],
};

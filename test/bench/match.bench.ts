import type { MatchingArgs } from './children/matching.ts';
import { type Bench, figure, perCpuSecond } from './harness/case.ts';
import { measureIn } from './harness/child.ts';
import { input, TYPICAL } from './inputs/input.ts';

const variant = (name: string, rules: number, how: MatchingArgs['how']) => ({
  name,
  // serve never matches without the index.
  baseline: how === 'plain',
  measure(tree: string) {
    const { lines, records, bytes } = input({ ...TYPICAL, bytes: 0 });
    return measureIn('matching', { tree, how, rules, lines, records, bytes } satisfies MatchingArgs);
  },
});

export const match: Bench = {
  name: 'match',
  about: 'matching an event whose fields are known, with the index over rules and without',
  cases: (all) =>
    (all ? [1, 10, 75, 500] : [1, 75, 500]).map((rules) => ({
      title: `${rules} generated rules, metadata as captured, 1 % hits`,
      variants: [
        variant('plain', rules, 'plain'),
        variant('index', rules, 'index'),
        ...(all ? [3, 4, 6, 8].map((fields) => variant(`index over ${fields} fields`, rules, fields)) : []),
      ],
      columns: [
        { heading: 'CPU ns an event', digits: 0, of: (measured) => 1e9 / perCpuSecond(measured) },
        figure('hits', 'matches an event', 3),
        figure('peak', 'peak RSS, MB'),
      ],
      compared: perCpuSecond,
    })),
};

import { LEVELS } from '../model/rule.ts';
import { closedMap, flag, list, oneOf, textOrTexts, wholeNumber } from '../schema/shapes.ts';

const CONDITIONS = {
  min_score: wholeNumber(0).optional().describe('Risk events with this score or more.'),
  level: oneOf(LEVELS).optional().describe('Risk events of this level or above.'),
  rule: textOrTexts('the id or name of a rule, or a list of them', 1)
    .optional()
    .describe('Risk events of these rules.'),
  tag: textOrTexts('a tag, or a list of tags', 1)
    .optional()
    .describe(
      'Risk events of rules with one of these tags, such as `attack.t1613` or `attack.*`: `*` stands for any text, `?` for one character.',
    ),
  pack: textOrTexts('the name of a pack, or a list of them', 1)
    .optional()
    .describe('Risk events of rules of these packs.'),
  cluster: textOrTexts('the name of a cluster, or a list of them', 1)
    .optional()
    .describe('Risk events of these clusters (`k8s.cluster.name`), with `*` and `?` as in `tag`.'),
  namespace: textOrTexts('the name of a namespace, or a list of them', 1)
    .optional()
    .describe(
      'Risk events about objects in these namespaces (`sidewatch.k8s.object.namespace`), with `*` and `?` as in `tag`.',
    ),
  kind: oneOf(['risk', 'summary', 'overflow'])
    .optional()
    .describe('Only risk events, only summaries, or only overflow detections. Without it all of them.'),
} as const;

const conditions = Object.keys(CONDITIONS) as (keyof typeof CONDITIONS)[];

export const routes = list(
  closedMap({
    ...CONDITIONS,
    default: flag()
      .optional()
      .describe(
        'The route for all that no other route matches; it has no conditions. Without such a route they go to every destination.',
      ),
    to: textOrTexts('the name of a destination, or a list of them', 1).describe('Names of `destinations`.'),
  }).refine((route) => !route.default || conditions.every((name) => route[name] === undefined), {
    path: ['default'],
    error: `is the route for what no other route matches, so it takes no ${conditions.join(', ')}`,
  }),
  'a list of maps with conditions and to',
)
  .default([])
  .describe(
    'Which destinations a risk event goes to: those of every route whose conditions all hold. Without `routes` it goes to every destination. See delivery.md.',
  );

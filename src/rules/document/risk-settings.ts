import type { Level, Risk } from '../../model/rule.ts';
import { SCORES } from '../../semantics/level-scores.ts';
import type { Extension } from './extension.ts';

export interface RuleHead {
  readonly title: string;
  readonly level: Level;
}

/** The risk block with its defaults, which come from the head of the rule. */
export function riskOf(given: Extension['risk'], { title, level }: RuleHead): Risk {
  const { impact, confidence } = given ?? {};
  const product =
    impact === undefined || confidence === undefined ? undefined : Math.round((impact * confidence) / 100);
  return {
    score: given?.score ?? product ?? SCORES[level],
    ...(given?.refused_score === undefined ? {} : { refusedScore: given.refused_score }),
    ...(impact === undefined ? {} : { impact }),
    ...(confidence === undefined ? {} : { confidence }),
    message: given?.message ?? title,
    objects: given?.objects ?? [],
    threats: given?.threats ?? [],
    collect: given?.collect ?? [],
    analyticStory: given?.analytic_story ?? [],
  };
}

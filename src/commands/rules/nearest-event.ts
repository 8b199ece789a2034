import type { Rule } from '../../model/rule.ts';
import type { RuleSet } from '../../rules/assembly/load-rules.ts';
import { distance } from '../../rules/explain/trace-distance.ts';
import { windowText } from '../../rules/explain/window-text.ts';
import { plainLines, ruleLines } from './explain-text.ts';
import { anyMatch, Explainer, type Explanation } from './explanation.ts';
import { lookAt } from './one-event.ts';
import type { Engine } from './test-engine.ts';

/** Events that are looked at for a hint; a test's events differ in little. */
const LOOKED_AT = 100;

/** Why a rule did not fire for a test's events: what it takes where some match, else the event that comes closest. Lines for people. */
export async function whyNot(
  rule: Rule,
  events: readonly object[],
  cluster: string | undefined,
  ruleSet: RuleSet,
  { detector }: Engine,
): Promise<readonly string[]> {
  const explainer = new Explainer(ruleSet, detector);
  const looked: Explanation[] = [];
  for (const event of events.slice(0, LOOKED_AT)) {
    const one = { name: 'event', bytes: Buffer.from(JSON.stringify(event)) };
    const look = await lookAt(one, detector.plan, cluster, (reader, about) =>
      explainer.explain(rule.id, reader, about),
    );
    looked.push(look.explanation);
  }
  const matched = looked.filter(anyMatch).length;
  if (matched > 0) {
    const fires = windowText(rule, (input) => explainer.nameOf(input));
    return [`${matched} of ${looked.length} events match; it fires at: ${fires}`];
  }
  const away = looked.map(distanceOf);
  const nearest = away.indexOf(Math.min(...away));
  return [
    `no event matches; event ${nearest + 1} of ${looked.length} comes closest:`,
    ...plainLines(ruleLines(looked[nearest]!, 1)),
  ];
}

function distanceOf(explanation: Explanation): number {
  if (explanation.kind === 'counted') return Math.min(...explanation.inputs.map(distanceOf));
  const filters = explanation.filters.map(({ trace }) => distance(trace));
  return filters.reduce((sum, one) => sum + one, distance(explanation.own));
}

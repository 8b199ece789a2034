import type { Rule } from '../../model/rule.ts';
import type { RuleSet } from '../../rules/assembly/load-rules.ts';
import { distance } from '../../rules/explain/trace-distance.ts';
import { windowText } from '../../rules/explain/window-text.ts';
import { plainLines, ruleLines } from './explain-text.ts';
import { anyMatch, Explainer, type Explanation } from './explanation.ts';
import { withEvent } from './one-event.ts';
import type { Engine } from './test-engine.ts';

/** Events that are examined for a hint; the events of a test differ little. */
const EXAMINED_MAX = 100;

/** Why a rule did not fire for the events of a test: what it needs if some events match, else the event that comes closest. Lines for people. */
export async function whyNot(
  rule: Rule,
  events: readonly object[],
  cluster: string | undefined,
  ruleSet: RuleSet,
  { detector }: Engine,
): Promise<readonly string[]> {
  const explainer = new Explainer(ruleSet, detector);
  const explanations: Explanation[] = [];
  for (const event of events.slice(0, EXAMINED_MAX)) {
    const one = { name: 'event', bytes: Buffer.from(JSON.stringify(event)) };
    const { explanation } = await withEvent(one, detector.plan, cluster, (reader, context) =>
      explainer.explain(rule.id, reader, context),
    );
    explanations.push(explanation);
  }
  const matched = explanations.filter(anyMatch).length;
  if (matched > 0) {
    const fires = windowText(rule, (input) => explainer.nameOf(input));
    return [`${matched} of ${explanations.length} events match; it fires at: ${fires}`];
  }
  const distances = explanations.map(distanceOf);
  const nearest = distances.indexOf(Math.min(...distances));
  return [
    `no event matches; event ${nearest + 1} of ${explanations.length} comes closest:`,
    ...plainLines(ruleLines(explanations[nearest]!, 1)),
  ];
}

function distanceOf(explanation: Explanation): number {
  if (explanation.kind === 'counted') return Math.min(...explanation.inputs.map(distanceOf));
  const filters = explanation.filters.map(({ trace }) => distance(trace));
  return filters.reduce((sum, one) => sum + one, distance(explanation.own));
}

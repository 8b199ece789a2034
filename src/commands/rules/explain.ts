import { jsonText } from '../../lib/json-text.ts';
import type { RuleSet } from '../../rules/assembly/load-rules.ts';
import { idOf } from '../../rules/document/catalog.ts';
import { geoOf } from '../../setup/detector.ts';
import { printer } from '../output/printer.ts';
import { fired } from './compare-expected.ts';
import { explainText } from './explain-text.ts';
import { anyMatch, type Explained, Explainer } from './explanation.ts';
import { findRule } from './find-rule.ts';
import { hitsNeeded } from './hits-needed.ts';
import { chosenRules, type RuleChoice } from './loaded-rules.ts';
import { oneEvent, withEvent } from './one-event.ts';
import { engine } from './test-engine.ts';

export interface ExplainOptions extends RuleChoice {
  readonly cluster?: string;
  readonly output: 'text' | 'json';
}

/** Prints why a rule matches an event, or why not. */
export async function rulesExplain(
  reference: string,
  argument: string,
  { output, ...choice }: ExplainOptions,
): Promise<void> {
  const explained = await explain(reference, argument, choice);
  await printer(process.stdout)(
    output === 'json' ? `${jsonText(explained, 2)}\n` : explainText(explained, process.stdout),
  );
}

/** Throws UserError if there is no such rule or no such event. */
export async function explain(
  reference: string,
  argument: string,
  { cluster, ...choice }: Omit<ExplainOptions, 'output'>,
): Promise<Explained> {
  const { config, ruleSet } = await chosenRules(choice);
  const id = idOf(findRule(reference, ruleSet));
  const one = await oneEvent(argument);
  const rule = ruleSet.rules.find((known) => known.id === id);
  const { detector, fired: fire } = engine(
    ruleSet,
    { rules: rule === undefined ? [] : [rule], matching: [id] },
    config,
    geoOf(config),
  );
  const explainer = new Explainer(ruleSet, detector);
  const { explanation, hits } = await withEvent(one, detector.plan, cluster, (event, context) =>
    explainer.explain(id, event, context),
  );
  const detections = fired(await fire(hits));
  const matches = anyMatch(explanation);
  const nameOf = (input: string) => explainer.nameOf(input);
  const needs = rule === undefined ? countedBy(id, ruleSet, nameOf) : hitsNeeded(rule, hits, nameOf);
  return {
    event: one.name,
    matches,
    explanation,
    fired: detections,
    needed: matches && detections.length === 0 ? needs : [],
  };
}

function countedBy(id: string, { rules }: RuleSet, nameOf: (input: string) => string): readonly string[] {
  const names = rules.filter(({ inputs }) => inputs.includes(id)).map((rule) => nameOf(rule.id));
  return [`not by itself; ${names.join(', ')} ${names.length === 1 ? 'counts' : 'count'} it`];
}

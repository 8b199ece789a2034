import { jsonText } from '../../lib/json-text.ts';
import type { RuleSet } from '../../rules/assembly/load-rules.ts';
import { idOf } from '../../rules/document/catalog.ts';
import { geoOf } from '../../setup/detector.ts';
import { printer } from '../output/printer.ts';
import { fired } from './compare-expected.ts';
import { explainText } from './explain-text.ts';
import { anyMatch, type Explained, Explainer } from './explanation.ts';
import { findRule } from './find-rule.ts';
import { needed } from './hits-needed.ts';
import { type RuleChoice, rulesOf } from './loaded-rules.ts';
import { lookAt, oneEvent } from './one-event.ts';
import { engine } from './test-engine.ts';

export interface ExplainOptions extends RuleChoice {
  readonly cluster?: string;
  readonly output: 'text' | 'json';
}

/** Prints why a rule matches an event, or does not. */
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

/** Throws UserError for a rule or an event that is none. */
export async function explain(
  reference: string,
  argument: string,
  { cluster, ...choice }: Omit<ExplainOptions, 'output'>,
): Promise<Explained> {
  const { config, ruleSet } = await rulesOf(choice);
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
  const { explanation, hits } = await lookAt(one, detector.plan, cluster, (event, about) =>
    explainer.explain(id, event, about),
  );
  const out = fired(await fire(hits));
  const matches = anyMatch(explanation);
  const nameOf = (input: string) => explainer.nameOf(input);
  const wants = rule === undefined ? countedBy(id, ruleSet, nameOf) : needed(rule, hits, nameOf);
  return {
    event: one.name,
    matches,
    explanation,
    fired: out,
    needed: matches && out.length === 0 ? wants : [],
  };
}

function countedBy(id: string, { rules }: RuleSet, nameOf: (input: string) => string): readonly string[] {
  const names = rules.filter(({ inputs }) => inputs.includes(id)).map((rule) => nameOf(rule.id));
  return [`it does not by itself; it is counted by ${names.join(', ')}`];
}

import type { Rule } from '../../src/model/rule.ts';
import { loadRules, type RuleSet } from '../../src/rules/assembly/load-rules.ts';
import { packFiles, packLists } from '../../src/rules/source/files.ts';
import { type AuditNeed, auditNeed, higher, levelOfField, lower } from './audit-level.ts';

/** What the documents say of a rule that can fire. */
export interface BundledRule {
  readonly name: string;
  /** `rules/<pack>/...yml` */
  readonly file: string;
  readonly level: Rule['level'];
  readonly score: number;
  readonly refusedScore: number | undefined;
  readonly tags: readonly string[];
  readonly audit: AuditNeed;
  /** True: it ships turned off. */
  readonly off: boolean;
}

/** The rules of a pack that can fire, and those that could if they were turned on, by name. */
export function bundledRules(pack: string): ReadonlyMap<string, BundledRule> {
  const off = new Set(load(pack, []).off.map(({ id }) => id));
  const ruleSet = load(pack, off.size === 0 ? [] : [{ rule: [...off], enabled: true }]);
  const names = new Map(ruleSet.documents.map(({ head }) => [head.id, head.name]));
  const rules = ruleSet.rules.filter(({ silent }) => !silent);
  return new Map(
    rules
      .map((rule) => bundled(rule, names.get(rule.id) ?? rule.title, ruleSet, off.has(rule.id)))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((rule) => [rule.name, rule]),
  );
}

function load(pack: string, overrides: readonly unknown[]): RuleSet {
  const loaded = loadRules(packFiles([pack]), { lists: packLists([pack]), overrides });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems, null, 1));
  return loaded.ruleSet;
}

function bundled(rule: Rule, name: string, ruleSet: RuleSet, off: boolean): BundledRule {
  const { source, level, risk, tags } = rule;
  const { score, refusedScore } = risk;
  const file = source.replace(/:\d+$/, '');
  return { name, file, level, score, refusedScore, tags, audit: needOf(rule, ruleSet), off };
}

/** Sequences want all that they name, counts any of it; a value that is counted must be there. */
function needOf(rule: Rule, ruleSet: RuleSet): AuditNeed {
  const needs = rule.inputs.map((id) => {
    const base = ruleSet.bases.find((one) => one.id === id);
    if (base !== undefined) return auditNeed(base.ownExpression);
    return needOf(ruleSet.rules.find((one) => one.id === id)!, ruleSet);
  });
  const all = rule.kind === 'temporal' || rule.kind === 'temporal_ordered';
  const least = needs.map((need) => need.least).reduce(all ? higher : lower);
  const values = rule.conditionFields.map(levelOfField);
  return {
    least: values.reduce(higher, least),
    most: [...values, ...needs.map((need) => need.most)].reduce(higher, least),
  };
}

import type { Rule } from '../../model/rule.ts';
import { loadRuleSet } from '../../setup/load-rule-set.ts';
import { configAt } from '../../setup/settings.ts';

/** A rule of the pack escu, as it ships. */
export interface EscuRule {
  readonly name: string;
  readonly rule: Rule;
  /** Whether it is off until an override turns it on. */
  readonly isOff: boolean;
  /** The names of the rules about single events that it counts, or its own. */
  readonly bases: readonly string[];
}

/** All rules of the pack that fire, by title. */
export function escuRules(): readonly EscuRule[] {
  const { rules } = configAt(undefined, {});
  const packs: typeof rules.packs = ['escu'];
  const off = new Set(loadRuleSet({ ...rules, packs }).off.map(({ id }) => id));
  const set = loadRuleSet({ ...rules, packs, overrides: [{ pack: 'escu', enabled: true }] });
  const names = new Map(set.documents.map(({ head }) => [head.id ?? '', head.name ?? '']));
  return set.rules
    .filter(({ silent }) => !silent)
    .map((rule) => ({
      name: names.get(rule.id)!,
      rule,
      isOff: off.has(rule.id),
      bases: rule.inputs.map((input) => names.get(input)!),
    }))
    .toSorted((a, b) => (a.rule.title < b.rule.title ? -1 : 1));
}

import type { Config } from '../../config/schema.ts';
import type { RuleSet } from '../../rules/assembly/load-rules.ts';
import { loadRuleSet } from '../../setup/load-rule-set.ts';
import { settingsFor } from '../../setup/settings.ts';

/** A choice of rules: those of a configuration, packs in place of its packs, and further files. */
export interface RuleChoice {
  readonly config?: string;
  readonly packs?: Config['rules']['packs'];
  readonly rules?: readonly string[];
}

/** Throws UserError with everything that is wrong with the configuration or its rules. */
export async function chosenRules({ config: path, packs, rules: files = [] }: RuleChoice): Promise<{
  readonly config: Config;
  readonly ruleSet: RuleSet;
}> {
  const { config } = await settingsFor(path);
  const { rules } = config;
  const chosen = { ...rules, packs: packs ?? rules.packs, files: [...rules.files, ...files] };
  return { config, ruleSet: loadRuleSet(chosen, { place: config.place }) };
}

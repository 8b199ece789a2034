import { readFileSync } from 'node:fs';
import type { Config } from '../config/schema.ts';
import {
  packFiles,
  packLists,
  profileFiles,
  type RuleFile,
  RuleFilesError,
  ruleFiles,
} from '../rules/files.ts';
import { userLists } from '../rules/lists.ts';
import { loadRules, type Problem, type RuleOptions, type RuleSet } from '../rules/load.ts';
import { UserError } from './user-error.ts';

export interface RuleInputs {
  readonly files: readonly RuleFile[];
  readonly options: RuleOptions;
  /** What is wrong with the lists; the rules are worth reading all the same. */
  readonly problems: readonly Problem[];
}

/** What the `rules` of a configuration name. Throws UserError for packs, profiles and files that are not there. */
export function ruleInputs(rules: Config['rules']): RuleInputs {
  const { lists, problems } = userLists(rules.lists, (path) => readFileSync(path, 'utf8'));
  try {
    return {
      files: [...packFiles(rules.packs), ...ruleFiles(rules.files)],
      options: {
        resultFilters: rules.result_filters,
        lists: packLists(rules.packs),
        userLists: lists,
        profiles: profileFiles(rules.profiles),
        overrides: rules.overrides,
      },
      problems,
    };
  } catch (error) {
    if (error instanceof RuleFilesError) throw new UserError(error.message.split('\n'));
    throw error;
  }
}

/** The rules of a configuration. Throws UserError with every problem at once. */
export function loadRuleSet(rules: Config['rules']): RuleSet {
  const { files, options, problems } = ruleInputs(rules);
  const loaded = loadRules(files, options);
  const all = [...problems, ...('problems' in loaded ? loaded.problems : [])];
  if (all.length > 0 || 'problems' in loaded)
    throw new UserError(all.map(({ where, message }) => `${where}  ${message}`));
  return loaded.ruleSet;
}

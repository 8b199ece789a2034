import { readFileSync } from 'node:fs';
import type { Config } from '../config/schema.ts';
import { atOnce, type Steps } from '../lib/steps.ts';
import { unreadable } from '../lib/unreadable.ts';
import {
  packFiles,
  packLists,
  profileFiles,
  type RuleFile,
  RuleFilesError,
  ruleFiles,
} from '../rules/files.ts';
import { userLists } from '../rules/lists.ts';
import { loadingRules, type Problem, type RuleOptions, type RuleSet } from '../rules/load.ts';
import { UserError } from './user-error.ts';

export interface RuleInputs {
  readonly files: readonly RuleFile[];
  readonly options: RuleOptions;
  /** What is wrong with the lists; the rules are worth reading all the same. */
  readonly problems: readonly Problem[];
}

/** What the `rules` of a configuration name. Throws UserError for packs, profiles and files that are not there, or cannot be read. */
export function ruleInputs(rules: Config['rules']): RuleInputs {
  const { lists, problems } = userLists(rules.lists, (path) => readFileSync(path, 'utf8'));
  return reading('rules.files', () => ({
    files: [...packFiles(rules.packs), ...ruleFiles(rules.files)],
    options: {
      resultFilters: rules.result_filters,
      lists: packLists(rules.packs),
      userLists: lists,
      profiles: profileFiles(rules.profiles),
      overrides: rules.overrides,
    },
    problems,
  }));
}

/** Reads rule files. Throws UserError for what is not there, or cannot be read; `where` names what was asked for. */
export function reading<Result>(where: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof RuleFilesError) throw new UserError(error.message.split('\n'));
    // A folder that may not be searched, a link that leads to itself, a file system that went away.
    const { code, path = where } = error as NodeJS.ErrnoException;
    if (code !== undefined) throw new UserError([`${path}  cannot be read: ${unreadable(error)}`]);
    throw error;
  }
}

/** The rules of a configuration. Throws UserError with every problem at once. */
export function loadRuleSet(rules: Config['rules']): RuleSet {
  return atOnce(loadingRuleSet(rules));
}

/** The same in steps. */
export function* loadingRuleSet(rules: Config['rules']): Steps<RuleSet> {
  const { files, options, problems } = ruleInputs(rules);
  yield;
  const loaded = yield* loadingRules(files, options);
  const all = [...problems, ...('problems' in loaded ? loaded.problems : [])];
  if (all.length > 0 || 'problems' in loaded)
    throw new UserError(all.map(({ where, message }) => `${where}  ${message}`));
  return loaded.ruleSet;
}

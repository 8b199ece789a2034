import { readFileSync } from 'node:fs';
import { faultLines, type PlacedFault } from '../config/fault-lines.ts';
import type { Config, SettingPlace } from '../config/schema.ts';
import { atOnce, type Steps } from '../lib/steps.ts';
import { loadingRules, type Problem, type RuleSet } from '../rules/assembly/load-rules.ts';
import { type Absent, packFiles, packLists, profileFiles, ruleFiles } from '../rules/source/files.ts';
import { userLists } from '../rules/source/value-lists.ts';
import { UserError } from './user-error.ts';

/** Where the `rules` of a configuration come from, as far as it is known. */
export interface RuleSource {
  readonly place?: SettingPlace | undefined;
  /** Whether some settings under `rules` were left out because they are wrong. */
  readonly incomplete?: boolean;
}

/** The rules of a configuration. Throws UserError with all problems at once. */
export function loadRuleSet(rules: Config['rules'], source: RuleSource = {}): RuleSet {
  return atOnce(loadingRuleSet(rules, source));
}

/** `loadRuleSet` in steps. */
export function* loadingRuleSet(
  rules: Config['rules'],
  { place, incomplete = false }: RuleSource,
): Steps<RuleSet> {
  const files = ruleFiles(rules.files);
  const profiles = profileFiles(rules.profiles);
  const lists = userLists(rules.lists, (path) => readFileSync(path, 'utf8'));
  yield;
  const loaded = yield* loadingRules([...packFiles(rules.packs), ...files.files], {
    resultFilters: rules.result_filters,
    lists: packLists(rules.packs),
    userLists: lists.lists,
    profiles: profiles.profiles,
    overrides: rules.overrides,
    incomplete: incomplete || files.absent.length > 0,
  });
  const problems = [...lists.problems, ...('problems' in loaded ? loaded.problems : [])];
  const lines = [
    ...absentLines('files', files.absent, place),
    ...absentLines('profiles', profiles.absent, place),
    ...faultLines(problems.filter(isSetting).map((problem) => faultOf(problem, place))),
    ...problems.filter((problem) => !isSetting(problem)).map(({ where, message }) => `${where}  ${message}`),
  ];
  if (lines.length > 0 || 'problems' in loaded) throw new UserError(lines);
  const { ruleSet } = loaded;
  return { ...ruleSet, warnings: ruleSet.warnings.map((warning) => placed(warning, place)) };
}

/** Names that are not in the configuration file come from the command line; their lines need no place. */
function absentLines(key: 'files' | 'profiles', absent: readonly Absent[], place: SettingPlace | undefined) {
  const [inFile, others] = [[] as PlacedFault[], [] as string[]];
  for (const { index, why } of absent) {
    const where = place?.(['rules', key, index]);
    if (where === undefined) others.push(why);
    else inFile.push({ where, path: `rules.${key}[${index}]`, what: why });
  }
  return [...faultLines(inFile), ...new Set(others)];
}

const isSetting = ({ setting }: Problem): boolean => setting !== undefined;

function faultOf({ where, message, setting = [] }: Problem, place: SettingPlace | undefined): PlacedFault {
  const at = place?.(setting);
  return at === undefined ? { where, what: message } : { where: at, path: where, what: message };
}

function placed(warning: Problem, place: SettingPlace | undefined): Problem {
  const at = warning.setting && place?.(warning.setting);
  return at === undefined ? warning : { ...warning, where: `${at}  ${warning.where}` };
}

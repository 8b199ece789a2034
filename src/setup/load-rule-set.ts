import { readFileSync } from 'node:fs';
import { faultLines, type PlacedFault } from '../config/fault-lines.ts';
import type { Config, SettingPlace } from '../config/schema.ts';
import { atOnce, type Steps } from '../lib/steps.ts';
import { loadingRules, type Problem, type RuleSet } from '../rules/assembly/load-rules.ts';
import { loadingValidRules } from '../rules/assembly/valid-rules.ts';
import { type Absent, packFiles, packLists, profileFiles, ruleFiles } from '../rules/source/files.ts';
import { type Lists, readingUserLists } from '../rules/source/value-lists.ts';
import { UserError } from './user-error.ts';

/** Where the `rules` of a configuration come from, as far as it is known. */
export interface RuleSource {
  readonly place?: SettingPlace | undefined;
  /** Whether some settings under `rules` were left out because they are wrong. */
  readonly incomplete?: boolean;
  /** Leaves out rules, lists and files with an error, in place of an error. */
  readonly keepValid?: boolean;
}

/** The rules of a configuration. Throws UserError with all problems at once. */
export function loadRuleSet(rules: Config['rules'], source: RuleSource = {}): RuleSet {
  return atOnce(loadingRuleSet(rules, source));
}

/** `loadRuleSet` in steps. */
export function* loadingRuleSet(
  rules: Config['rules'],
  { place, incomplete = false, keepValid = false }: RuleSource,
): Steps<RuleSet> {
  yield;
  const files = ruleFiles(rules.files);
  yield;
  const profiles = profileFiles(rules.profiles);
  yield;
  const ofPacks = packFiles(rules.packs);
  yield;
  const listsOfPacks = packLists(rules.packs);
  yield;
  const lists = yield* readingUserLists(rules.lists, (path) => readFileSync(path, 'utf8'));
  const { absent } = files;
  const incompleteRules = incomplete || absent.length > 0;
  const broken = new Set(keepValid ? lists.problems.map(({ setting }) => String(setting?.[2])) : []);
  const load = keepValid ? loadingValidRules : loadingRules;
  const loaded = yield* load([...ofPacks, ...files.files], {
    resultFilters: rules.result_filters,
    lists: withoutLists(listsOfPacks, broken),
    userLists: withoutLists(lists.lists, broken),
    profiles: profiles.profiles,
    overrides: rules.overrides,
    incomplete: incompleteRules,
  });
  const settings = [...(keepValid ? [] : lists.problems), ...('problems' in loaded ? loaded.problems : [])];
  const lines = [
    ...(keepValid ? [] : absentLines('files', absent, place)),
    ...absentLines('profiles', profiles.absent, place),
    ...faultLines(settings.filter(isSetting).map((problem) => faultOf(problem, place))),
    ...settings.filter((problem) => !isSetting(problem)).map(({ where, message }) => `${where}  ${message}`),
  ];
  if (lines.length > 0 || 'problems' in loaded) throw new UserError(lines);
  const { ruleSet } = loaded;
  const missing = absent.map(({ index, why }) => ({
    where: `rules.files[${index}]`,
    message: why,
    setting: ['rules', 'files', index],
  }));
  const leftOut = keepValid ? [...missing, ...lists.problems, ...ruleSet.leftOut] : [];
  const inFile = (problem: Problem) => placed(problem, place);
  return { ...ruleSet, warnings: ruleSet.warnings.map(inFile), leftOut: leftOut.map(inFile) };
}

/** A list with an error is no empty list: rules that name it have an error too. */
function withoutLists(lists: Lists, names: ReadonlySet<string>): Lists {
  return names.size === 0 ? lists : new Map([...lists].filter(([name]) => !names.has(name)));
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

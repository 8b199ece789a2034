import { resolve } from 'node:path';
import { loadRules, type Problem, type RuleSet } from '../../rules/assembly/load-rules.ts';
import { idOf } from '../../rules/document/catalog.ts';
import { packFiles, packLists, type RuleFile } from '../../rules/source/files.ts';
import { type Lists, mergedLists } from '../../rules/source/value-lists.ts';
import { packOf } from './pack-of.ts';
import { ruleFilesAt } from './rule-files-at.ts';
import type { TestsAt } from './test-paths.ts';

/** The rules that a test runs with: its pack, or the files around it. */
export interface RulesAround {
  readonly ruleSet: RuleSet;
  /** Problems of files that were left out. The other files were loaded without them. */
  readonly leftOut: readonly Problem[];
  /** The name of a file on disk, as `source`s and problems show it. */
  nameOf(ruleFile: string): string;
}

/** Loads the rules around tests, each pack and folder once. `packs` and `lists` are for tests of the user's own rules. */
export function rulesAround(packs: readonly string[], lists: Lists): (of: TestsAt) => RulesAround {
  const known = new Map<string, RulesAround>();
  return ({ ruleFile, around }) => {
    const pack = packOf(ruleFile)?.pack;
    const key = pack ?? around.map((path) => resolve(path)).join('\n');
    const loaded = known.get(key) ?? (pack === undefined ? ofUser(around, packs, lists) : ofPack(pack));
    known.set(key, loaded);
    return loaded;
  };
}

function ofPack(pack: string): RulesAround {
  return {
    ...loadGood(packFiles([pack]), packLists([pack])),
    nameOf: (file) => packOf(file)?.file ?? file,
  };
}

function ofUser(around: readonly string[], packs: readonly string[], lists: Lists): RulesAround {
  const own = ruleFilesAt(around);
  const names = new Map(own.map(({ path }) => [resolve(path), path]));
  const loaded = loadGood([...packFiles(packs), ...own], mergedLists(packLists(packs), lists));
  const sigma = new Set(own.filter(({ text }) => SIGMA.test(text)).map(({ path }) => path));
  return {
    ruleSet: loaded.ruleSet,
    leftOut: loaded.leftOut.filter((problem) => sigma.has(fileOf(problem))),
    nameOf: (file) => names.get(resolve(file)) ?? file,
  };
}

/** There may be other YAML files among the rules of a user. */
const SIGMA = /^(title|detection|correlation|filter) *:/m;

/** Leaves out files with a problem, and then those that depend on them. Rules that are off by default are on. */
function loadGood(files: readonly RuleFile[], lists: Lists): Pick<RulesAround, 'ruleSet' | 'leftOut'> {
  const leftOut: Problem[] = [];
  let left = files;
  for (;;) {
    const loaded = loadRules(left, { lists });
    if ('ruleSet' in loaded) return { ruleSet: switchedOn(loaded.ruleSet, left, lists), leftOut };
    leftOut.push(...loaded.problems);
    const bad = new Set(loaded.problems.map(fileOf));
    const good = left.filter(({ path }) => !bad.has(path));
    left = good.length < left.length ? good : [];
  }
}

/** The rule set with the rules on that are off by default. Filters stay as they are. */
export function switchedOn(ruleSet: RuleSet, files: readonly RuleFile[], lists: Lists): RuleSet {
  const isOff = new Set(ruleSet.off.map(({ source }) => source));
  const rule = ruleSet.documents
    .filter(({ kind, source }) => kind !== 'filter' && isOff.has(source))
    .map(idOf);
  if (rule.length === 0) return ruleSet;
  const loaded = loadRules(files, { lists, overrides: [{ rule, enabled: true }] });
  return 'ruleSet' in loaded ? loaded.ruleSet : ruleSet;
}

/** The file that a problem is in. */
export const fileOf = ({ where }: Pick<Problem, 'where'>): string => where.replace(/:\d+$/, '');

import { readFileSync } from 'node:fs';
import { loadConfig } from '../../config/load-config.ts';
import type { Config } from '../../config/schema.ts';
import type { Geo } from '../../enrich/place.ts';
import type { Rule } from '../../model/rule.ts';
import type { Problem, RuleSet } from '../../rules/assembly/load-rules.ts';
import { idOf } from '../../rules/document/catalog.ts';
import { userLists } from '../../rules/source/value-lists.ts';
import { testEvents } from '../../rules/tests/test-events.ts';
import {
  type ExpectedEvent,
  parseTestFile,
  type TestFile,
  unknownRule,
} from '../../rules/tests/test-file.ts';
import { geoOf } from '../../setup/detector.ts';
import { type Fired, fired, unmatched } from './compare-expected.ts';
import { whyNot } from './nearest-event.ts';
import { fileOf, type RulesAround, rulesAround } from './rules-around.ts';
import { type Engine, engine, NoEvent } from './test-engine.ts';
import { findTests, type TestsAt } from './test-paths.ts';

/** The result of one test. */
export interface Outcome {
  readonly name: string;
  /** file:line */
  readonly where: string;
  readonly missing: readonly ExpectedEvent[];
  readonly extra: readonly Fired[];
  /** Why rules did not fire at all although they had to, in lines for people; by the name of the rule in `fires`. */
  readonly hints: ReadonlyMap<string, readonly string[]>;
  /** Why the test could not run at all. */
  readonly broken?: string;
  /** Ids of the rules that had to fire, once each. */
  readonly mustFire: readonly string[];
  /** From the name of a rule in `fires` to its id. */
  readonly ids: ReadonlyMap<string, string>;
}

export interface FileOutcome {
  readonly path: string;
  /** Rules of the file under test that can fire by themselves. */
  readonly rules: readonly Rule[];
  readonly tests: readonly Outcome[];
  /** Problems of the test file or of the rules under test: none of its tests ran. */
  readonly problems: readonly Problem[];
}

export interface TestRun {
  readonly files: readonly FileOutcome[];
  /** Paths without tests. */
  readonly problems: readonly Problem[];
  /** Problems of other rule files, which were left out. */
  readonly leftOut: readonly Problem[];
}

export const passed = ({ missing, extra, broken }: Outcome): boolean =>
  missing.length === 0 && extra.length === 0 && broken === undefined;

export interface RunOptions {
  readonly config?: Config;
  /** Bundled packs that the user's own rules refer to. */
  readonly packs?: readonly string[];
}

/** Runs all tests at the paths; without a configuration with the defaults. See docs/rule-tests.md. */
export async function runRuleTests(
  paths: readonly string[],
  { config = defaults(), packs = [] }: RunOptions = {},
): Promise<TestRun> {
  const { found, problems } = findTests(paths);
  const own = userLists(config.rules.lists, (path) => readFileSync(path, 'utf8'));
  const around = rulesAround(packs, own.lists);
  const leftOut = new Map<string, Problem>();
  const files: FileOutcome[] = [];
  const geo = geoOf(config);
  for (const one of found) {
    const surrounding = around(one);
    const file = surrounding.nameOf(one.ruleFile);
    for (const problem of surrounding.leftOut)
      if (fileOf(problem) !== file) leftOut.set(`${problem.where} ${problem.message}`, problem);
    files.push(await runFile(one, file, surrounding, { config, geo }));
  }
  return { files, problems: [...own.problems, ...problems], leftOut: [...leftOut.values()] };
}

async function runFile(
  found: TestsAt,
  own: string,
  { ruleSet, leftOut }: RulesAround,
  { config, geo }: { readonly config: Config; readonly geo: Geo },
): Promise<FileOutcome> {
  const rules = ruleSet.rules.filter((rule) => !rule.silent && fileOf({ where: rule.source }) === own);
  const failed = (problems: readonly Problem[]) => ({ path: found.path, rules, tests: [], problems });
  const parsed = parseTestFile(found.path, found.text);
  if ('problems' in parsed) return failed(parsed.problems);
  const broken = leftOut.filter((problem) => fileOf(problem) === own);
  if (broken.length > 0) return failed(broken);
  if (rules.length === 0)
    return failed([{ where: found.path, message: `${own} holds no rule that can fire by itself` }]);
  const { file } = parsed;
  const names = namesOf(ruleSet, rules);
  const unknown = file.tests
    .flatMap(({ fires }) => fires)
    .filter(({ rule }) => !names.ids.has(rule))
    .map(({ rule, line }) => ({
      where: `${found.path}:${line}`,
      message: unknownRule(rule, names.shown),
    }));
  if (unknown.length > 0) return failed(unknown);
  const testEngine = engine(ruleSet, { rules }, config, geo);
  const tests: Outcome[] = [];
  for (const test of file.tests) tests.push(await runTest(test, file, testEngine, names.ids, ruleSet));
  return { path: found.path, rules, tests, problems: [] };
}

async function runTest(
  test: TestFile['tests'][number],
  file: TestFile,
  testEngine: Engine,
  ids: ReadonlyMap<string, string>,
  ruleSet: RuleSet,
): Promise<Outcome> {
  const mustFire = [...new Set(test.fires.map(({ rule }) => ids.get(rule)!))];
  const about = { name: test.name, where: `${file.path}:${test.line}`, mustFire, ids };
  const events = testEvents(file.event, test.steps);
  try {
    const detections = fired(await testEngine.run(events, test.cluster));
    const rest = unmatched(test.fires, detections, (reference) => ids.get(reference));
    const hints = new Map<string, readonly string[]>();
    for (const { rule: reference } of rest.missing) {
      const id = ids.get(reference);
      const rule = ruleSet.rules.find((one) => one.id === id);
      if (rule === undefined || detections.some((one) => one.rule === id) || hints.has(reference)) continue;
      hints.set(reference, await whyNot(rule, events, test.cluster, ruleSet, testEngine));
    }
    return { ...about, ...rest, hints };
  } catch (error) {
    if (!(error instanceof NoEvent)) throw error;
    return { ...about, missing: [], extra: [], hints: new Map(), broken: error.message };
  }
}

/** The ids of rules by their names and ids, and the name to show for each rule. */
function namesOf({ documents }: RuleSet, rules: readonly Rule[]) {
  const shown = new Map(rules.map(({ id }) => [id, id]));
  const ids = new Map(shown);
  for (const document of documents) {
    const [id, { name }] = [idOf(document), document.head];
    if (name === undefined || !shown.has(id)) continue;
    ids.set(name, id);
    shown.set(id, name);
  }
  return { ids, shown: [...shown.values()] };
}

function defaults(): Config {
  const loaded = loadConfig(undefined, {}, () => '');
  if ('errors' in loaded) throw new Error('the default configuration is broken');
  return loaded.config;
}

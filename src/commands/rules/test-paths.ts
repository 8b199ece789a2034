import { existsSync, globSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unreadable } from '../../lib/unreadable.ts';
import type { Problem } from '../../rules/source/rule-findings.ts';

/** A test file on disk, and the files around it. */
export interface TestsAt {
  /** The path as given by the user, and the path below it. */
  readonly path: string;
  readonly text: string;
  /** The rule file beside it that it tests. */
  readonly ruleFile: string;
  /** Files and folders whose rules and filters are in force, including the rule file. */
  readonly around: readonly string[];
}

const TEST = /\.test(\.ya?ml)$/;
const YAML = /\.ya?ml$/;

/**
 * The test files at paths: a test file, a rule file with tests beside it, or a folder with tests anywhere below it. Around a
 * test is the folder that was given. If the file itself was given, its own folder and the folder `filters` in that are.
 */
export function findTests(paths: readonly string[]): {
  readonly found: readonly TestsAt[];
  readonly problems: readonly Problem[];
} {
  const found = new Map<string, TestsAt>();
  const problems: Problem[] = [];
  const take = (path: string, around: readonly string[]) => {
    const one = found.has(path) ? found.get(path)! : foundAt(path, around);
    if ('message' in one) problems.push(one);
    else found.set(path, one);
  };
  for (const path of paths) {
    const stats = statOf(path);
    if (stats instanceof Error)
      problems.push({ where: path, message: `cannot be read: ${unreadable(stats)}` });
    else if (stats?.isDirectory()) {
      // A glob skips hidden names, so each file that a ConfigMap mounts is found once.
      const tests = globSync('**/*.test.{yml,yaml}', { cwd: path }).sort();
      if (tests.length === 0)
        problems.push({ where: path, message: 'holds no rule tests (files that end in .test.yml)' });
      for (const test of tests) take(join(path, test), [path]);
    } else if (stats === undefined) problems.push({ where: path, message: 'no such file or folder' });
    else if (!YAML.test(path)) problems.push({ where: path, message: 'is neither a YAML file nor a folder' });
    else {
      const test = TEST.test(path) ? path : path.replace(YAML, (end) => `.test${end}`);
      if (existsSync(test)) take(test, beside(dirname(path)));
      else problems.push({ where: path, message: `has no tests beside it (${test})` });
    }
  }
  return { found: [...found.values()], problems };
}

/** undefined if there is nothing; an error if that cannot be found out: a link to itself, a folder without permission. */
function statOf(path: string): Stats | Error | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return error as Error;
  }
}

function foundAt(path: string, around: readonly string[]): TestsAt | Problem {
  const candidates = ['.yml', '.yaml'].map((end) => path.replace(TEST, end));
  const ruleFile = candidates.find((file) => existsSync(file));
  if (ruleFile === undefined)
    return { where: path, message: `has no rule file beside it: there is no ${candidates[0]}` };
  try {
    return { path, text: readFileSync(path, 'utf8'), ruleFile, around };
  } catch (error) {
    return { where: path, message: `cannot be read: ${unreadable(error)}` };
  }
}

function beside(folder: string): readonly string[] {
  const files = readdirSync(folder).filter((file) => YAML.test(file) && !TEST.test(file));
  const filters = join(folder, 'filters');
  return [...files.map((file) => join(folder, file)), ...(existsSync(filters) ? [filters] : [])];
}

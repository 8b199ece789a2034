import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { didYouMean } from '../../lib/nearest.ts';
import { unreadable } from '../../lib/unreadable.ts';
import { PACKS } from '../../model/packs.ts';
import { RuleFindings } from './rule-findings.ts';
import { type Lists, mergedLists, NO_LISTS, parseLists } from './value-lists.ts';

export interface RuleFile {
  /** As shown in errors. */
  readonly path: string;
  readonly text: string;
  /** The pack's name, or the file's path. */
  readonly ruleset: string;
}

/** A file, folder or profile that the configuration names and that cannot be read. */
export interface Absent {
  /** Its place in the list that names it. */
  readonly index: number;
  /** One line that begins with its name. */
  readonly why: string;
}

/** The same from src/ and from dist/. */
export const BUNDLED = new URL('../../../rules/', import.meta.url);

/** Rules and filters of the bundled packs with these names, from all their folders. Throws for an unknown name. */
export function packFiles(names: readonly string[]): RuleFile[] {
  return [...new Set(names)].flatMap((name) => {
    const folder = folderOf(name);
    return globSync('**/*', { cwd: folder })
      .filter((file) => isRuleFile(file) && !isPackData(file))
      .sort()
      .map((file) => ({
        path: `rules/${name}/${file}`,
        text: readFileSync(join(folder, file), 'utf8'),
        ruleset: name,
      }));
  });
}

/** The lists that ship with the packs of these names. Throws for an unknown name. */
export function packLists(names: readonly string[]): Lists {
  const findings = new RuleFindings();
  const lists = names.map((name) => {
    const file = join(folderOf(name), 'lists.yml');
    if (!existsSync(file)) return NO_LISTS;
    return parseLists({ path: `rules/${name}/lists.yml`, text: readFileSync(file, 'utf8') }, findings);
  });
  if (findings.problems.length > 0)
    throw new Error(findings.problems.map(({ where, message }) => `${where}  ${message}`).join('\n'));
  return mergedLists(...lists);
}

/** Of a file `rules/<pack>/profiles/<name>.yml`. */
export interface ProfileFile {
  readonly name: string;
  readonly pack: string;
  /** As shown in errors. */
  readonly path: string;
  readonly text: string;
}

/** The bundled profiles with these names, of all packs. */
export function profileFiles(names: readonly string[]): {
  readonly profiles: readonly ProfileFile[];
  readonly absent: readonly Absent[];
} {
  const all = new Map(
    PACKS.flatMap((pack) => {
      const folder = join(folderOf(pack), 'profiles');
      const files = globSync('*.yml', { cwd: folder }).sort();
      return files.map((file) => [basename(file, '.yml'), { pack, file: join(folder, file) }] as const);
    }),
  );
  return {
    profiles: [...new Set(names)].flatMap((name) => {
      const found = all.get(name);
      if (found === undefined) return [];
      const path = `rules/${found.pack}/profiles/${name}.yml`;
      return [{ name, pack: found.pack, path, text: readFileSync(found.file, 'utf8') }];
    }),
    absent: names.flatMap((name, index) =>
      all.has(name) ? [] : [{ index, why: unknownName(name, 'profile', [...all.keys()]) }],
    ),
  };
}

function folderOf(pack: string): string {
  if (!(PACKS as readonly string[]).includes(pack)) throw new Error(unknownName(pack, 'pack', PACKS));
  return fileURLToPath(new URL(`${pack}/`, BUNDLED));
}

function unknownName(name: string, what: 'pack' | 'profile', known: readonly string[]): string {
  const others = known.length === 0 ? `there are no ${what}s` : `the ${what}s are ${known.join(', ')}`;
  return `"${name}" is not a ${what}${didYouMean(name, known) || `; ${others}`}`;
}

/** The rule files that `patterns` name: files, directories (all below, but nothing hidden) and globs; each file once. */
export function ruleFiles(patterns: readonly string[]): {
  readonly files: readonly RuleFile[];
  readonly absent: readonly Absent[];
} {
  const absent: Absent[] = [];
  const files = new Map<string, RuleFile>();
  patterns.forEach((pattern, index) => {
    const report = (why: string) => void absent.push({ index, why });
    for (const path of expand(pattern, report)) {
      if (files.has(path)) continue;
      const text = attempt(path, () => readFileSync(path, 'utf8'), report);
      if (text !== undefined) files.set(path, { path, text, ruleset: path });
    }
  });
  return { files: [...files.values()], absent };
}

/** The paths that `patterns` name now, without reading them; a pattern without files gives none. */
export function rulePaths(patterns: readonly string[]): readonly string[] {
  return [...new Set(patterns.flatMap((pattern) => expand(pattern, () => {})))];
}

function expand(pattern: string, report: (why: string) => void): readonly string[] {
  let reported = false;
  const look = <Result>(path: string, at: () => Result) =>
    attempt(path, at, (why) => {
      reported = true;
      report(why);
    });
  const what = look(pattern, () => statSync(pattern, { throwIfNoEntry: false }));
  if (what?.isFile()) return [pattern];
  // A glob skips names that begin with a dot, so a ConfigMap's files are found once, not also under ..data.
  const found = look(pattern, () =>
    what?.isDirectory()
      ? globSync('**/*', { cwd: pattern }).map((file) => join(pattern, file))
      : globSync(pattern),
  );
  const isFile = (path: string) => look(path, () => statSync(path, { throwIfNoEntry: false }))?.isFile();
  const rules = (found ?? []).filter((file) => isRuleFile(file) && isFile(file)).sort();
  if (rules.length === 0 && !reported)
    report(
      what?.isDirectory()
        ? `${pattern} has no rule files (.yml or .yaml, but not .test.yml)`
        : `${pattern} matches no rule file`,
    );
  return rules;
}

/** Reports a folder that may not be read, a link to itself, a file system that is gone. */
function attempt<Result>(
  path: string,
  look: () => Result,
  report: (why: string) => void,
): Result | undefined {
  try {
    return look();
  } catch (error) {
    report(`${(error as NodeJS.ErrnoException).path ?? path} cannot be read: ${unreadable(error)}`);
    return undefined;
  }
}

/** Tests of rules are in the same folders. */
function isRuleFile(file: string): boolean {
  return /\.ya?ml$/.test(file) && !/\.test\.ya?ml$/.test(file);
}

/** Whether a file of a pack, by its path in the pack, holds its lists or a profile. */
export function isPackData(file: string): boolean {
  return file === 'lists.yml' || file.startsWith('profiles/');
}

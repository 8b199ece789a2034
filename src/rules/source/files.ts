import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from '../../lib/nearest.ts';
import { unreadable } from '../../lib/unreadable.ts';
import { PACKS } from '../../model/packs.ts';
import { Findings } from './findings.ts';
import { type Lists, listsOver, NO_LISTS, parseLists } from './value-lists.ts';

export interface RuleFile {
  /** As shown in errors. */
  readonly path: string;
  readonly text: string;
  /** The pack's name, or the file's path. */
  readonly ruleset: string;
}

/** Something that was asked for and cannot be had. */
export interface Absent {
  /** The how-manieth of those that were asked for. */
  readonly index: number;
  /** One line that begins with its name. */
  readonly why: string;
}

/** The same from src/ and from dist/. */
export const BUNDLED = new URL('../../../rules/', import.meta.url);

/** Rules and filters of the bundled packs of these names, from all folders of each. Throws for a name that is none. */
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

/** The lists that ship with the packs of these names. Throws for a name that is none. */
export function packLists(names: readonly string[]): Lists {
  const findings = new Findings();
  const lists = names.map((name) => {
    const file = join(folderOf(name), 'lists.yml');
    if (!existsSync(file)) return NO_LISTS;
    return parseLists({ path: `rules/${name}/lists.yml`, text: readFileSync(file, 'utf8') }, findings);
  });
  if (findings.problems.length > 0)
    throw new Error(findings.problems.map(({ where, message }) => `${where}  ${message}`).join('\n'));
  return listsOver(...lists);
}

/** Of a file `rules/<pack>/profiles/<name>.yml`. */
export interface ProfileFile {
  readonly name: string;
  readonly pack: string;
  /** As shown in errors. */
  readonly path: string;
  readonly text: string;
}

/** The bundled profiles of these names, of whatever pack. */
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
      all.has(name) ? [] : [{ index, why: isNo(name, 'profile', [...all.keys()]) }],
    ),
  };
}

function folderOf(pack: string): string {
  if (!(PACKS as readonly string[]).includes(pack)) throw new Error(isNo(pack, 'pack', PACKS));
  return fileURLToPath(new URL(`${pack}/`, BUNDLED));
}

function isNo(name: string, what: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  if (meant !== undefined) return `"${name}" is no ${what}; did you mean "${meant}"?`;
  return `"${name}" is no ${what}; ${known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`}`;
}

/** The rule files that `patterns` name: files, directories (all below, but nothing hidden) and globs; each file once. */
export function ruleFiles(patterns: readonly string[]): {
  readonly files: readonly RuleFile[];
  readonly absent: readonly Absent[];
} {
  const absent: Absent[] = [];
  const files = new Map<string, RuleFile>();
  patterns.forEach((pattern, index) => {
    const tell = (why: string) => void absent.push({ index, why });
    for (const path of expand(pattern, tell)) {
      if (files.has(path)) continue;
      const text = attempt(path, () => readFileSync(path, 'utf8'), tell);
      if (text !== undefined) files.set(path, { path, text, ruleset: path });
    }
  });
  return { files: [...files.values()], absent };
}

/** The paths that `patterns` name now, unread; a pattern that names nothing gives none. */
export function rulePaths(patterns: readonly string[]): readonly string[] {
  return [...new Set(patterns.flatMap((pattern) => expand(pattern, () => {})))];
}

function expand(pattern: string, tell: (why: string) => void): readonly string[] {
  let told = false;
  const look = <Result>(path: string, at: () => Result) =>
    attempt(path, at, (why) => {
      told = true;
      tell(why);
    });
  const what = look(pattern, () => statSync(pattern, { throwIfNoEntry: false }));
  if (what?.isFile()) return [pattern];
  // A glob passes by names that begin with a dot, so a ConfigMap's files are found once, not also under ..data.
  const found = look(pattern, () =>
    what?.isDirectory()
      ? globSync('**/*', { cwd: pattern }).map((file) => join(pattern, file))
      : globSync(pattern),
  );
  const isFile = (path: string) => look(path, () => statSync(path, { throwIfNoEntry: false }))?.isFile();
  const rules = (found ?? []).filter((file) => isRuleFile(file) && isFile(file)).sort();
  if (rules.length === 0 && !told)
    tell(
      what?.isDirectory()
        ? `${pattern} holds no rule files (.yml or .yaml, without .test.yml)`
        : `${pattern} matches no rule file`,
    );
  return rules;
}

/** A folder that may not be searched, a link that leads to itself, a file system that went away. */
function attempt<Result>(path: string, look: () => Result, tell: (why: string) => void): Result | undefined {
  try {
    return look();
  } catch (error) {
    tell(`${(error as NodeJS.ErrnoException).path ?? path} cannot be read: ${unreadable(error)}`);
    return undefined;
  }
}

/** Tests of rules stand beside them. */
function isRuleFile(file: string): boolean {
  return /\.ya?ml$/.test(file) && !/\.test\.ya?ml$/.test(file);
}

/** Whether a file of a pack, by its path in it, is no rule and no filter: its lists and profiles. */
export function isPackData(file: string): boolean {
  return file === 'lists.yml' || file.startsWith('profiles/');
}

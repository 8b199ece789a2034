import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from '../lib/nearest.ts';
import { unreadable } from '../lib/unreadable.ts';
import { type Lists, NO_LISTS, over, parseLists } from './lists.ts';
import { Findings } from './report.ts';

export interface RuleFile {
  /** As shown in errors. */
  readonly path: string;
  readonly text: string;
  /** The pack's name, or the file's path. */
  readonly ruleset: string;
}

export const PACKS = ['escu', 'sidewatch'] as const;

/** A message for the operator: what was asked for cannot be read. */
export class RuleFilesError extends Error {
  override readonly name = 'RuleFilesError';
}

/** The same from src/ and from dist/. */
export const BUNDLED = new URL('../../rules/', import.meta.url);

/** Rules and filters of the bundled packs of these names, from all folders of each. Throws RuleFilesError for a name that is none. */
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

/** The lists that ship with the packs of these names. Throws RuleFilesError for a name that is none. */
export function packLists(names: readonly string[]): Lists {
  const findings = new Findings();
  const lists = names.map((name) => {
    const file = join(folderOf(name), 'lists.yml');
    if (!existsSync(file)) return NO_LISTS;
    return parseLists({ path: `rules/${name}/lists.yml`, text: readFileSync(file, 'utf8') }, findings);
  });
  if (findings.problems.length > 0)
    throw new RuleFilesError(
      findings.problems.map(({ where, message }) => `${where}  ${message}`).join('\n'),
    );
  return over(...lists);
}

/** Of a file `rules/<pack>/profiles/<name>.yml`. */
export interface ProfileFile {
  readonly name: string;
  readonly pack: string;
  /** As shown in errors. */
  readonly path: string;
  readonly text: string;
}

/** The bundled profiles of these names, of whatever pack. Throws RuleFilesError for a name that is none. */
export function profileFiles(names: readonly string[]): readonly ProfileFile[] {
  const all = new Map(
    PACKS.flatMap((pack) => {
      const folder = join(folderOf(pack), 'profiles');
      const files = globSync('*.yml', { cwd: folder }).sort();
      return files.map((file) => [basename(file, '.yml'), { pack, file: join(folder, file) }] as const);
    }),
  );
  return [...new Set(names)].map((name) => {
    const found = all.get(name);
    if (found === undefined) throw new RuleFilesError(isNo(name, 'profile', [...all.keys()]));
    const path = `rules/${found.pack}/profiles/${name}.yml`;
    return { name, pack: found.pack, path, text: readFileSync(found.file, 'utf8') };
  });
}

function folderOf(pack: string): string {
  if (!(PACKS as readonly string[]).includes(pack)) throw new RuleFilesError(isNo(pack, 'pack', PACKS));
  return fileURLToPath(new URL(`${pack}/`, BUNDLED));
}

function isNo(name: string, what: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  if (meant !== undefined) return `"${name}" is no ${what}; did you mean "${meant}"?`;
  return `"${name}" is no ${what}; ${known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`}`;
}

/**
 * The rule files that `patterns` name: files, directories (all below, but nothing hidden) and globs; each file once.
 * Throws RuleFilesError with every pattern that matches nothing or cannot be read.
 */
export function ruleFiles(patterns: readonly string[]): RuleFile[] {
  const faults: string[] = [];
  const paths = new Set(patterns.flatMap((pattern) => expand(pattern, faults)));
  const files: RuleFile[] = [];
  for (const path of paths) {
    try {
      files.push({ path, text: readFileSync(path, 'utf8'), ruleset: path });
    } catch (error) {
      faults.push(`${path} cannot be read: ${unreadable(error)}`);
    }
  }
  if (faults.length > 0) throw new RuleFilesError(faults.join('\n'));
  return files;
}

/** The paths that `patterns` name now, unread; a pattern that names nothing gives none. */
export function rulePaths(patterns: readonly string[]): readonly string[] {
  return [...new Set(patterns.flatMap((pattern) => expand(pattern, [])))];
}

function expand(pattern: string, faults: string[]): readonly string[] {
  const what = statSync(pattern, { throwIfNoEntry: false });
  if (what?.isFile()) return [pattern];
  // A glob passes by names that begin with a dot, so a ConfigMap's files are found once, not also under ..data.
  const found = what?.isDirectory()
    ? globSync('**/*', { cwd: pattern }).map((file) => join(pattern, file))
    : globSync(pattern);
  const rules = found
    .filter((file) => isRuleFile(file) && statSync(file, { throwIfNoEntry: false })?.isFile())
    .sort();
  if (rules.length === 0)
    faults.push(
      what?.isDirectory()
        ? `${pattern} holds no rule files (.yml or .yaml, without .test.yml)`
        : `${pattern} matches no rule file`,
    );
  return rules;
}

/** Tests of rules stand beside them. */
function isRuleFile(file: string): boolean {
  return /\.ya?ml$/.test(file) && !/\.test\.ya?ml$/.test(file);
}

/** Whether a file of a pack, by its path in it, is no rule and no filter: its lists and profiles. */
export function isPackData(file: string): boolean {
  return file === 'lists.yml' || file.startsWith('profiles/');
}

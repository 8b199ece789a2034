import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from '../lib/nearest.ts';

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
const BUNDLED = new URL('../../rules/', import.meta.url);

/** The bundled packs of these names. Throws RuleFilesError for a name that is none. */
export function packFiles(names: readonly string[]): RuleFile[] {
  return [...new Set(names)].flatMap((name) => {
    if (!(PACKS as readonly string[]).includes(name)) {
      const meant = nearest(name, PACKS);
      throw new RuleFilesError(
        `"${name}" is no pack; ${meant === undefined ? `there are ${PACKS.join(', ')}` : `did you mean "${meant}"?`}`,
      );
    }
    const folder = fileURLToPath(new URL(`${name}/`, BUNDLED));
    return readdirSync(folder)
      .filter(isRuleFile)
      .sort()
      .map((file) => ({
        path: `rules/${name}/${file}`,
        text: readFileSync(join(folder, file), 'utf8'),
        ruleset: name,
      }));
  });
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
      faults.push(`${path} cannot be read: ${(error as Error).message}`);
    }
  }
  if (faults.length > 0) throw new RuleFilesError(faults.join('\n'));
  return files;
}

function expand(pattern: string, faults: string[]): readonly string[] {
  const what = statSync(pattern, { throwIfNoEntry: false });
  if (what?.isFile()) return [pattern];
  // A glob passes by names that begin with a dot, so a ConfigMap's files are found once, not also under ..data.
  const found = what?.isDirectory()
    ? globSync('**/*', { cwd: pattern }).map((file) => join(pattern, file))
    : globSync(pattern);
  const rules = found.filter((file) => isRuleFile(file) && statSync(file).isFile()).sort();
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

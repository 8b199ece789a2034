import {
  loadRules,
  type Problem,
  type RuleOptions,
  type RuleSet,
} from '../../../src/rules/assembly/load-rules.ts';
import type { ProfileFile } from '../../../src/rules/source/files.ts';

/** Rule files of two packs and one of the user's, by the name of each file. */
export function loadWith(texts: Readonly<Record<string, string>>, options: RuleOptions = {}) {
  const files = Object.entries(texts).map(([path, text]) => ({
    path,
    text,
    ruleset: path.includes('/') ? path.split('/', 1)[0]! : path,
  }));
  return loadRules(files, options);
}

/** Throws with every problem where there is one. */
export function goodWith(texts: Readonly<Record<string, string>>, options: RuleOptions = {}): RuleSet {
  const loaded = loadWith(texts, options);
  if ('problems' in loaded) throw new Error(lines(loaded.problems).join('\n'));
  return loaded.ruleSet;
}

/** Problems, one a line, as a person reads them. */
export function faultsWith(texts: Readonly<Record<string, string>>, options: RuleOptions = {}): string[] {
  const loaded = loadWith(texts, options);
  return 'problems' in loaded ? lines(loaded.problems) : [];
}

export const lines = (found: readonly Problem[]): string[] =>
  found.map(({ where, message }) => `${where} ${message}`);

export const profile = (text: string, pack = 'pack'): ProfileFile => ({
  name: 'quiet',
  pack,
  path: `rules/${pack}/profiles/quiet.yml`,
  text,
});

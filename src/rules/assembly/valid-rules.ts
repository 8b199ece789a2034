import type { Steps } from '../../lib/steps.ts';
import type { RuleFile } from '../source/files.ts';
import type { Problem } from '../source/rule-findings.ts';
import { loadingRules, type Refusal, type RuleOptions, type RuleSet } from './load-rules.ts';

/**
 * The rules without those that have an error, and without what depends on them; `leftOut` says why. A file that is not YAML is
 * left out whole. An error in a setting is still a refusal.
 */
export function* loadingValidRules(
  files: readonly RuleFile[],
  options: RuleOptions,
): Steps<{ readonly ruleSet: RuleSet } | Refusal> {
  const without = new Set<string>();
  const leftOut: Problem[] = [];
  // What is left out makes other rules faulty, so all of it is found in several rounds. Each leaves more out, or is the last.
  for (;;) {
    const present = files.filter(({ path }) => !without.has(path));
    const incomplete = options.incomplete === true || present.length < files.length;
    const loaded = yield* loadingRules(present, { ...options, incomplete, without });
    if ('ruleSet' in loaded) return { ruleSet: { ...loaded.ruleSet, leftOut } };
    const before = without.size;
    for (const problem of loaded.problems) {
      const part = partOf(problem);
      if (part === undefined) continue;
      without.add(part);
      leftOut.push(problem);
    }
    if (without.size === before) return loaded;
  }
}

/** The document or file that a problem is about. */
export const partOf = ({ document, file }: Problem): string | undefined => document ?? file;

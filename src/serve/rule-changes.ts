import { isDeepStrictEqual } from 'node:util';
import type { Rule } from '../model/rule.ts';

/** How two rule sets differ, by title: `12 rules; added: A; removed: B; changed, windows start empty: C; changed, windows kept: D`. */
export function ruleChanges(before: readonly Rule[], after: readonly Rule[]): string {
  const old = new Map(before.map((rule) => [rule.id, rule]));
  const ids = new Set(after.map(({ id }) => id));
  const kept = after.filter(({ id }) => old.has(id));
  const keepsWindows = (rule: Rule) => rule.fingerprint === old.get(rule.id)!.fingerprint;
  const changed = (rule: Rule) => !isDeepStrictEqual(contentOf(rule), contentOf(old.get(rule.id)!));
  const lists: readonly (readonly [string, readonly Rule[]])[] = [
    ['added', after.filter(({ id }) => !old.has(id))],
    ['removed', before.filter(({ id }) => !ids.has(id))],
    ['changed, windows start empty', kept.filter((rule) => !keepsWindows(rule))],
    // Title, level, score, message: they do not decide what a window holds.
    ['changed, windows kept', kept.filter((rule) => keepsWindows(rule) && changed(rule))],
  ];
  return [
    `${after.length} ${after.length === 1 ? 'rule' : 'rules'}`,
    ...lists.flatMap(([what, rules]) =>
      rules.length === 0 ? [] : [`${what}: ${rules.map(({ title }) => title).join(', ')}`],
    ),
  ].join('; ');
}

/** A rule without its place in a file, and without functions, which are new after each load. */
const contentOf = ({ source: _, keep: __, ...rule }: Rule) => rule;

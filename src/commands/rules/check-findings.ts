import type { SettingPlace } from '../../config/schema.ts';
import { HEAD_KEYS } from '../../rules/document/head.ts';
import type { Problem } from '../../rules/source/findings.ts';

/** How bad it is: an error keeps the rule from loading, a warning changes what fires, a lint is style, a note is no fault. */
export const FINDING_LEVELS = ['error', 'warning', 'lint', 'note'] as const;
export type FindingLevel = (typeof FINDING_LEVELS)[number];

/** What findings are about: the ids by which code hosts sort them. */
export const FINDING_KINDS = {
  yaml: 'The file is not YAML that can be read',
  document: 'A document as a whole: its kind, its keys, its place among the others',
  head: 'What a rule says of itself: title, id, name, level, tags and the like',
  logsource: 'What logs a rule is about',
  detection: 'Selections: fields, modifiers and values',
  condition: 'A condition over selections',
  correlation: 'What a correlation counts, by what, and for how long',
  filter: 'What a filter applies to',
  sidewatch: 'The block for what Sigma leaves open: windows, groups, risk',
  setting: 'What the configuration says about rules',
} as const;
export type FindingKind = keyof typeof FINDING_KINDS;

export interface Finding {
  readonly level: FindingLevel;
  readonly kind: FindingKind;
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** `config`: the file that settings are from. */
export function finding(
  level: FindingLevel,
  problem: Problem,
  config: { readonly path: string; readonly place?: SettingPlace | undefined },
): Finding {
  const { where, message, setting } = problem;
  const at = /^(.*):(\d+)$/s.exec(setting === undefined ? where : (config.place?.(setting) ?? ''));
  const [file, line] = at === null ? [config.path, 1] : [at[1]!, Number(at[2])];
  if (setting !== undefined || at === null)
    return { level, kind: 'setting', file, line, message: `${where}: ${message}` };
  return { level, kind: kindOf(problem), file, line, message };
}

function kindOf({ path, message }: Problem): FindingKind {
  if (path === undefined) return message.startsWith('not YAML') ? 'yaml' : 'document';
  const [root, below] = path;
  if ((root === 'detection' || root === 'filter') && below === 'condition') return 'condition';
  if (root === 'filter' && below !== undefined && below !== 'rules') return 'detection';
  if (root === 'detection' || root === 'filter' || root === 'correlation') return root;
  if (root === 'logsource' || root === 'sidewatch') return root;
  return HEAD_KEYS.includes(String(root)) ? 'head' : 'document';
}

/** By file, line and how bad; what is said twice once. */
export function sorted(findings: readonly Finding[]): readonly Finding[] {
  const once = new Map(findings.map((one) => [JSON.stringify(one), one]));
  return [...once.values()].sort(
    (a, b) =>
      compare(a.file, b.file) ||
      a.line - b.line ||
      FINDING_LEVELS.indexOf(a.level) - FINDING_LEVELS.indexOf(b.level),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

import type { SettingPlace } from '../../config/schema.ts';
import { HEAD_KEYS } from '../../rules/document/head.ts';
import type { Problem } from '../../rules/source/rule-findings.ts';

/** By severity: with an error a rule does not load, a warning changes what fires, a lint is style, a note is no fault. */
export const FINDING_LEVELS = ['error', 'warning', 'lint', 'note'] as const;
export type FindingLevel = (typeof FINDING_LEVELS)[number];

/** Subjects of findings: code hosts group them by these ids. */
export const FINDING_KINDS = {
  yaml: 'The file is not valid YAML',
  document: 'A document as a whole: its kind, its keys, its relation to other documents',
  head: 'Metadata of a rule: title, id, name, level, tags and others',
  logsource: 'The logs that a rule applies to',
  detection: 'Selections: fields, modifiers and values',
  condition: 'The condition on selections',
  correlation: 'Correlations: what they count, grouped by which fields, in which timespan',
  filter: 'The rules that a filter applies to',
  sidewatch: 'The sidewatch block: windows, groups, risk',
  setting: 'Settings for rules in the configuration',
} as const;
export type FindingKind = keyof typeof FINDING_KINDS;

export interface CheckFinding {
  readonly level: FindingLevel;
  readonly kind: FindingKind;
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** `config`: the file that the settings come from. */
export function finding(
  level: FindingLevel,
  problem: Problem,
  config: { readonly path: string; readonly place?: SettingPlace | undefined },
): CheckFinding {
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

/** By file, line and severity, without duplicates. */
export function sorted(findings: readonly CheckFinding[]): readonly CheckFinding[] {
  const unique = new Map(findings.map((one) => [JSON.stringify(one), one]));
  return [...unique.values()].sort(
    (a, b) =>
      compare(a.file, b.file) ||
      a.line - b.line ||
      FINDING_LEVELS.indexOf(a.level) - FINDING_LEVELS.indexOf(b.level),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

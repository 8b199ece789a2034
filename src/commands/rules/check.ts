import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SettingPlace } from '../../config/schema.ts';
import { jsonText } from '../../lib/json-text.ts';
import { plainText } from '../../lib/plain-text.ts';
import { loadRules } from '../../rules/assembly/load-rules.ts';
import { packFiles, packLists, type RuleFile } from '../../rules/source/files.ts';
import type { Problem } from '../../rules/source/rule-findings.ts';
import { userLists } from '../../rules/source/value-lists.ts';
import { settingsFor } from '../../setup/settings.ts';
import { version } from '../../setup/version.ts';
import { printer } from '../output/printer.ts';
import { type CheckFinding, FINDING_LEVELS, type FindingLevel, finding, sorted } from './check-findings.ts';
import { packOf } from './pack-of.ts';
import { ruleFilesAt } from './rule-files-at.ts';
import { sarif } from './sarif.ts';

export interface CheckOptions {
  readonly config?: string;
  readonly packs?: readonly string[];
  readonly output: 'text' | 'json' | 'sarif';
  readonly strict?: boolean;
}

export interface Checked {
  readonly findings: readonly CheckFinding[];
  readonly files: number;
  /** Rules, correlations and filters for Kubernetes audit logs. Not known where there are errors. */
  readonly rules?: number;
}

/** Prints the findings about rule files. Resolves with the exit code. */
export async function rulesCheck(paths: readonly string[], options: CheckOptions): Promise<number> {
  const { config } = await settingsFor(options.config);
  const checked = checkFiles(paths, options.packs ?? [], {
    path: options.config ?? 'sidewatch.yaml',
    lists: config.rules.lists,
    place: config.place,
  });
  const { findings, rules } = checked;
  const forms = {
    text: () => text(checked),
    json: () => `${jsonText(checked, 2)}\n`,
    sarif: () => sarif(findings, version(), process.cwd()),
  };
  await printer(process.stdout)(forms[options.output]());
  const failing = (options.strict ? ['error', 'warning', 'lint'] : ['error']) as readonly string[];
  return rules === 0 || findings.some(({ level }) => failing.includes(level)) ? 1 : 0;
}

/**
 * `packs`: the packs whose rules the files refer to; findings about the packs are left out. `config`: the lists, and the file
 * that they come from. Throws UserError for a path without rules.
 */
export function checkFiles(
  paths: readonly string[],
  packs: readonly string[],
  config: {
    readonly path: string;
    readonly lists: Readonly<Record<string, unknown>>;
    readonly place?: SettingPlace | undefined;
  },
): Checked {
  const own = filesAt(paths);
  const bundled = new Set(own.flatMap(({ path }) => packOf(path)?.file ?? []));
  const around = packFiles(packs).filter(({ path }) => !bundled.has(path));
  const withLists = new Set([...packs, ...own.flatMap(({ path }) => packOf(path)?.pack ?? [])]);
  const given = userLists(config.lists, (path) => readFileSync(path, 'utf8'));
  const options = { lists: packLists([...withLists]), userLists: given.lists };
  const loaded = loadRules([...around, ...own], options);
  const found = 'ruleSet' in loaded ? { ...loaded.ruleSet, problems: [] } : loaded;
  const by: Readonly<Record<FindingLevel, readonly Problem[]>> = {
    error: [...given.problems, ...found.problems, ...own.filter(isEmpty).map(holdsNoRule)],
    warning: found.warnings.filter(({ inShort }) => !inShort),
    lint: found.lints,
    note: found.notes,
  };
  const findings = FINDING_LEVELS.flatMap((level) =>
    by[level].map((problem) => finding(level, problem, config)),
  );
  const names = new Set(own.map(({ path }) => path));
  // Only errors of settings: warnings depend on all rules together, and here are only some.
  const shown = findings.filter(({ kind, level, file }) =>
    kind === 'setting' ? level === 'error' : names.has(file),
  );
  const checked = { findings: sorted(shown), files: own.length };
  if (!('ruleSet' in loaded)) return checked;
  const ours = loaded.ruleSet.documents.filter(
    (document) =>
      names.has(document.ruleset) && !(document.kind === 'base' && document.foreign !== undefined),
  );
  return { ...checked, rules: ours.length };
}

/** Nothing but comments and marks of documents. */
const isEmpty = ({ text }: RuleFile): boolean =>
  text.split('\n').every((line) => /^\ufeff?(---|\.\.\.)?\s*(#.*)?$/.test(line));

const holdsNoRule = ({ path }: RuleFile): Problem => ({ where: `${path}:1`, message: 'holds no rule' });

/** Each file once. Of a pack only rules and filters: its lists and profiles are not Sigma. */
function filesAt(paths: readonly string[]): readonly RuleFile[] {
  const files = ruleFilesAt(paths).filter(({ path }) => packOf(path)?.isData !== true);
  return [...new Map(files.map((file) => [resolve(file.path), file])).values()];
}

function text({ findings, files, rules }: Checked): string {
  const lines = findings.map(({ level, file, line, message }) =>
    plainText(`${file}:${line}  ${level}: ${message}`),
  );
  const counts = FINDING_LEVELS.map(
    (level) => [level, findings.filter((one) => one.level === level).length] as const,
  )
    .filter(([level, n]) => n > 0 || level === 'error')
    .map(([level, n]) => (n === 0 ? `no ${level}s` : `${n} ${level}${n === 1 ? '' : 's'}`));
  const none =
    rules === 0 && !findings.some(({ level }) => level === 'error')
      ? '; there is no rule for Kubernetes audit logs'
      : '';
  return [...lines, `${files} ${files === 1 ? 'file' : 'files'}: ${counts.join(', ')}${none}`]
    .map((line) => `${line}\n`)
    .join('');
}

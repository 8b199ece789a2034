import { type RuleFile, ruleFiles } from '../../rules/source/files.ts';
import { UserError } from '../../setup/user-error.ts';

/** The rule files at paths of the command line. Throws UserError with all that cannot be read. */
export function ruleFilesAt(paths: readonly string[]): readonly RuleFile[] {
  const { files, absent } = ruleFiles(paths);
  if (absent.length > 0) throw new UserError([...new Set(absent.map(({ why }) => why))]);
  return files;
}

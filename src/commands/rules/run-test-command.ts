import { plainText } from '../../lib/plain-text.ts';
import { settingsFor } from '../../setup/settings.ts';
import { printer } from '../output/printer.ts';
import { passed, runRuleTests } from './run-tests.ts';
import { testJunit } from './test-junit.ts';
import { testText } from './test-text.ts';

export interface TestOptions {
  readonly config?: string;
  readonly packs?: readonly string[];
  readonly output: 'text' | 'junit';
}

/** Runs the tests of rules. Resolves with the exit code: 1 if a test failed or could not run. */
export async function rulesTest(paths: readonly string[], options: TestOptions): Promise<number> {
  const { config } = await settingsFor(options.config);
  const run = await runRuleTests(paths, { config, packs: options.packs ?? [] });
  for (const { where, message } of run.leftOut)
    process.stderr.write(`${plainText(`${where}  left out: ${message}`)}\n`);
  await printer(process.stdout)(options.output === 'junit' ? testJunit(run) : testText(run));
  const good = run.files.every(({ problems, tests }) => problems.length === 0 && tests.every(passed));
  return good && run.problems.length === 0 ? 0 : 1;
}

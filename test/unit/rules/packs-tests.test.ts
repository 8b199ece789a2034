import { expect, test } from 'vitest';
import { switchedOn } from '../../../src/commands/rules/rules-around.ts';
import { runRuleTests } from '../../../src/commands/rules/run-tests.ts';
import { testText } from '../../../src/commands/rules/test-text.ts';
import { PACKS } from '../../../src/model/packs.ts';
import { loadRules } from '../../../src/rules/assembly/load-rules.ts';
import { packFiles, packLists } from '../../../src/rules/source/files.ts';

const FOLDER = new URL('../../../rules/', import.meta.url).pathname;

test.each(PACKS)(
  'every test of the pack %s passes, and every rule that can fire has one that must and one that must not',
  async (pack) => {
    const run = await runRuleTests([`${FOLDER}${pack}`]);
    const failures = testText(run)
      .split('\n')
      .filter((line) => !line.startsWith('ok '));
    expect(failures.slice(0, -2)).toEqual([]);
    expect(run.leftOut).toEqual([]);

    const [files, lists] = [packFiles([pack]), packLists([pack])];
    const loaded = loadRules(files, { lists });
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems, null, 1));
    const missing: string[] = [];
    for (const { id, title, silent } of switchedOn(loaded.ruleSet, files, lists).rules) {
      if (silent) continue;
      const tests = run.files
        .filter(({ rules }) => rules.some((rule) => rule.id === id))
        .flatMap((file) => file.tests);
      if (!tests.some(({ mustFire }) => mustFire.includes(id)))
        missing.push(`${title}: no test in which it must fire`);
      if (!tests.some(({ mustFire }) => !mustFire.includes(id)))
        missing.push(`${title}: no test in which it must not fire`);
    }
    expect(missing).toEqual([]);
  },
);

import { jsonText } from '../../lib/json-text.ts';
import type { RuleActivity } from '../../serve/rule-activity.ts';
import { UserError } from '../../setup/user-error.ts';
import { type ConsoleAt, type ConsoleOptions, consoleAnswer, consoleAt } from '../console/console-at.ts';
import { columns } from '../output/columns.ts';
import { printer } from '../output/printer.ts';

/** Prints what the rules of a running `serve` have done. */
export async function rulesListLive(options: ConsoleOptions, output: 'table' | 'json'): Promise<void> {
  const activity = await activityAt(consoleAt(options, '/rules'));
  await printer(process.stdout)(output === 'json' ? `${jsonText(activity, 2)}\n` : table(activity));
}

async function activityAt(at: ConsoleAt): Promise<RuleActivity> {
  const answer = await consoleAnswer(at);
  const activity = (await answer.json().catch(() => undefined)) as RuleActivity | undefined;
  if (Array.isArray(activity?.rules)) return activity;
  throw new UserError([`${at.url.href}  the answer is not from the console of a sidewatch`]);
}

function table({ rules, off, hash }: RuleActivity): string {
  const lines = rules.toSorted((a, b) => b.fired - a.fired || b.matched - a.matched);
  return [
    columns([
      ['RULE', 'MATCHED', 'FILTERED', 'FIRED', 'DROPPED', 'LAST MATCH', 'NOTE'],
      ...lines.map((rule) => [
        rule.name ?? rule.title,
        String(rule.matched),
        String(rule.filtered),
        rule.silent ? '-' : String(rule.fired),
        String(rule.dropped),
        rule.last_match ?? 'never',
        rule.without_body === 0
          ? ''
          : `blind: none of ${rule.without_body} possible events had a body; the audit policy does not log it`,
      ]),
    ]),
    `${rules.length} rules in force, ${off.length} off; hash ${hash}\n`,
  ].join('\n');
}

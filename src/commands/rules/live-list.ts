import { jsonText } from '../../lib/json-text.ts';
import type { RuleActivity } from '../../serve/rule-activity.ts';
import { UserError } from '../../setup/user-error.ts';
import { columns } from '../output/columns.ts';
import { printer } from '../output/printer.ts';

/** The default URL of `rules list --live`. */
export const CONSOLE = 'http://localhost:55679';

/** Prints what the rules of a running `serve` have done. */
export async function rulesListLive(url: string, output: 'table' | 'json'): Promise<void> {
  const activity = await activityAt(url);
  await printer(process.stdout)(output === 'json' ? `${jsonText(activity, 2)}\n` : table(activity));
}

async function activityAt(url: string): Promise<RuleActivity> {
  const base = /^https?:\/\//.test(url) ? url : `http://${url}`;
  if (!URL.canParse('/rules', base)) throw new UserError([`${url} is not a URL such as ${CONSOLE}`]);
  const at = new URL('/rules', base);
  try {
    const answer = await fetch(at);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const activity = (await answer.json()) as RuleActivity;
    if (!Array.isArray(activity.rules)) throw new Error('the answer is not from Sidewatch');
    return activity;
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? cause.message || String(Object(cause).code) : message;
    throw new UserError([
      `${at.href}  no answer: ${why}; set telemetry.console.endpoint in the configuration of the running sidewatch, and give the same address to --live`,
    ]);
  }
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

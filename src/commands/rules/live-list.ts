import { jsonText } from '../../lib/json-text.ts';
import type { RuleActivity } from '../../serve/rule-activity.ts';
import { UserError } from '../../setup/user-error.ts';
import { columns } from '../output/columns.ts';
import { printer } from '../output/printer.ts';

/** Where `rules list --live` asks if nothing else is said. */
export const CONSOLE = 'http://localhost:55679';

/** Prints what a running `serve` says of its rules. */
export async function rulesListLive(url: string, output: 'table' | 'json'): Promise<void> {
  const told = await ask(url);
  await printer(process.stdout)(output === 'json' ? `${jsonText(told, 2)}\n` : table(told));
}

async function ask(url: string): Promise<RuleActivity> {
  const base = /^https?:\/\//.test(url) ? url : `http://${url}`;
  if (!URL.canParse('/rules', base)) throw new UserError([`${url} is no URL such as ${CONSOLE}`]);
  const at = new URL('/rules', base);
  try {
    const answer = await fetch(at);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const told = (await answer.json()) as RuleActivity;
    if (!Array.isArray(told.rules)) throw new Error('what answers there is no Sidewatch');
    return told;
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? cause.message || String(Object(cause).code) : message;
    throw new UserError([
      `${at.href}  no answer: ${why}; set telemetry.console.endpoint in the configuration of the running sidewatch, and name it here if it is another`,
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
          : `blind: none of ${rule.without_body} events that it could match had a body; the audit policy logs none`,
      ]),
    ]),
    `${rules.length} rules in force, ${off.length} off; hash ${hash}\n`,
  ].join('\n');
}

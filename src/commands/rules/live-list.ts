import { jsonText } from '../../lib/json-text.ts';
import { fittedTable } from '../../report/terminal/fitted-table.ts';
import type { RuleActivity } from '../../serve/rule-activity.ts';
import { UserError } from '../../setup/user-error.ts';
import { type ConsoleAt, type ConsoleOptions, consoleAnswer, consoleAt } from '../console/console-at.ts';
import { printer } from '../output/printer.ts';
import { type Screen, type ScreenOptions, screenOf } from '../output/screen.ts';

import { filteredList, type ListFilter } from './list-filter.ts';

/** Prints what the rules of a running `serve` have done. */
export async function rulesListLive(
  at: ConsoleOptions,
  options: ScreenOptions & ListFilter & { readonly output: 'table' | 'json' },
): Promise<void> {
  const all = await activityAt(consoleAt(at, '/rules'));
  const activity = filteredList(all, options);
  await printer(process.stdout)(
    options.output === 'json'
      ? `${jsonText(activity, 2)}\n`
      : table(activity, all.rules.length, screenOf(process.stdout, options)),
  );
}

async function activityAt(at: ConsoleAt): Promise<RuleActivity> {
  const answer = await consoleAnswer(at);
  const activity = (await answer.json().catch(() => undefined)) as RuleActivity | undefined;
  if (Array.isArray(activity?.rules)) return activity;
  throw new UserError([`${at.url.href}  the answer is not from the console of a sidewatch`]);
}

function table({ rules, off, hash }: RuleActivity, all: number, { width, colours }: Screen): string {
  const lines = rules.toSorted((a, b) => b.fired - a.fired || b.matched - a.matched);
  const numbers = (head: string, cell: (rule: (typeof lines)[number]) => number | '-') => ({
    head,
    rank: 0,
    right: true,
    cells: lines.map((rule) => String(cell(rule))),
  });
  return [
    fittedTable(
      [
        { head: 'RULE', rank: 0, least: 24, cells: lines.map(({ name, title }) => name ?? title) },
        numbers('MATCHED', ({ matched }) => matched),
        { ...numbers('FILTERED', ({ filtered }) => filtered), rank: 2 },
        numbers('FIRED', ({ silent, fired }) => (silent ? '-' : fired)),
        { ...numbers('DROPPED', ({ dropped }) => dropped), rank: 2 },
        { head: 'LAST MATCH', rank: 1, least: 19, cells: lines.map((rule) => rule.last_match ?? 'never') },
        {
          head: 'NOTE',
          rank: 3,
          least: 16,
          cells: lines.map(({ without_body: events }) =>
            events === 0
              ? ''
              : `blind: none of ${events} possible events had a body; the audit policy does not log it`,
          ),
        },
      ],
      { width, paintHead: colours.heading },
    ),
    `${rules.length === all ? all : `${rules.length} of ${all}`} rules in force, ${off.length} off; hash ${hash}\n`,
  ].join('\n');
}

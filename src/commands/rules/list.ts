import { jsonText } from '../../lib/json-text.ts';
import { type Column, fittedTable } from '../../report/terminal/fitted-table.ts';
import { ruleList } from '../../rules/explain/rule-list.ts';
import { printer } from '../output/printer.ts';
import { type Screen, type ScreenOptions, screenOf } from '../output/screen.ts';
import { filteredList, type ListFilter } from './list-filter.ts';
import { chosenRules, type RuleChoice } from './loaded-rules.ts';

/** Group fields that the table shows. */
const FIELDS_MAX = 3;

export interface ListOptions extends RuleChoice, ListFilter, ScreenOptions {
  readonly output: 'table' | 'json';
}

/** Prints the rules that a configuration loads, and those that are off. */
export async function rulesList(options: ListOptions): Promise<void> {
  const { ruleSet } = await chosenRules(options);
  await printer(process.stdout)(
    options.output === 'json'
      ? `${jsonText(filteredList(ruleList(ruleSet), options), 2)}\n`
      : table(filteredList(ruleList(ruleSet, FIELDS_MAX), options), screenOf(process.stdout, options)),
  );
}

function table({ rules, off, filters }: ReturnType<typeof ruleList>, { width, colours }: Screen): string {
  const look = { width, paintHead: colours.heading };
  return [
    fittedTable(
      [
        { head: 'RULE', rank: 0, least: 40, share: 3, cells: rules.map(called) },
        {
          head: 'LEVEL',
          rank: 0,
          cells: rules.map(({ level }) => level),
          paint: (text, row) => colours.level(text, rules[row]!.level),
        },
        { head: 'SCORE', rank: 1, cells: rules.map(({ silent, score }) => (silent ? '-' : String(score))) },
        {
          head: 'FIRES AT',
          rank: 2,
          least: 12,
          enough: 50,
          share: 2,
          cells: rules.map(({ silent, window }) => (silent ? `${window}, for correlations only` : window)),
        },
        {
          head: 'TITLE',
          rank: 5,
          spare: true,
          least: 30,
          enough: 45,
          cells: rules.map(({ title }) => title),
        },
        {
          head: 'TAGS',
          rank: 3,
          least: 16,
          enough: 30,
          cells: rules.map(({ tags }) => tags.map((tag) => tag.replace(/^attack\./, '')).join(' ')),
        },
        ...origin(rules),
      ],
      look,
    ),
    fittedTable(
      [
        { head: 'OFF', rank: 0, least: 30, cells: off.map(called) },
        { head: 'WHY', rank: 0, least: 20, cells: off.map(({ why }) => why) },
        ...titled(off),
      ],
      look,
    ),
    fittedTable(
      [
        { head: 'FILTER', rank: 0, least: 30, cells: filters.map(called) },
        { head: 'RULES', rank: 0, cells: filters.map((one) => String(one.rules)) },
        ...titled(filters),
      ],
      look,
    ),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

interface Listed {
  readonly name: string | null;
  readonly title: string;
  readonly source: string;
  readonly id: string | null | undefined;
}

const called = ({ name, title }: Listed): string => name ?? title;

const origin = (all: readonly Listed[]): readonly Column[] => [
  { head: 'SOURCE', rank: 6, spare: true, least: 24, cells: all.map(({ source }) => source) },
  { head: 'ID', rank: 7, spare: true, cells: all.map(({ id }) => id ?? '') },
];

const titled = (all: readonly Listed[]): readonly Column[] => [
  { head: 'TITLE', rank: 5, least: 24, cells: all.map(({ title }) => title) },
  ...origin(all),
];

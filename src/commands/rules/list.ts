import { jsonText } from '../../lib/json-text.ts';
import { ruleList } from '../../rules/explain/rule-list.ts';
import { columns } from '../output/columns.ts';
import { printer } from '../output/printer.ts';
import { chosenRules, type RuleChoice } from './loaded-rules.ts';

/** Group fields that the table shows. */
const FIELDS_MAX = 3;

export interface ListOptions extends RuleChoice {
  readonly output: 'table' | 'json';
}

/** Prints the rules that a configuration loads, and those that are off. */
export async function rulesList({ output, ...choice }: ListOptions): Promise<void> {
  const { ruleSet } = await chosenRules(choice);
  await printer(process.stdout)(
    output === 'json' ? `${jsonText(ruleList(ruleSet), 2)}\n` : table(ruleList(ruleSet, FIELDS_MAX)),
  );
}

function table({ rules, off, filters }: ReturnType<typeof ruleList>): string {
  const called = ({ name, title }: { readonly name: string | null; readonly title: string }) => name ?? title;
  const parts = [
    columns([
      ['RULE', 'LEVEL', 'SCORE', 'FIRES AT', 'TITLE', 'TAGS', 'SOURCE', 'ID'],
      ...rules.map((rule) => [
        called(rule),
        rule.level,
        rule.silent ? '-' : String(rule.score),
        rule.silent ? `${rule.window}, for correlations only` : rule.window,
        rule.title,
        rule.tags.map((tag) => tag.replace(/^attack\./, '')).join(' '),
        rule.source,
        rule.id,
      ]),
    ]),
  ];
  if (off.length > 0)
    parts.push(
      columns([
        ['OFF', 'WHY', 'TITLE', 'SOURCE', 'ID'],
        ...off.map((one) => [called(one), one.why, one.title, one.source, one.id]),
      ]),
    );
  if (filters.length > 0)
    parts.push(
      columns([
        ['FILTER', 'RULES', 'TITLE', 'SOURCE', 'ID'],
        ...filters.map((one) => [called(one), String(one.rules), one.title, one.source, one.id]),
      ]),
    );
  return parts.join('\n');
}

import { jsonText } from '../../lib/json-text.ts';
import type { RuleSet } from '../../rules/assembly/load-rules.ts';
import { idOf } from '../../rules/document/catalog.ts';
import { columns } from '../output/columns.ts';
import { printer } from '../output/printer.ts';
import { type RuleChoice, rulesOf } from './loaded-rules.ts';
import { windowWords } from './window-text.ts';

/** Group fields that the table names. */
const FIELDS_MAX = 3;

export interface ListOptions extends RuleChoice {
  readonly output: 'table' | 'json';
}

/** Prints the rules that a configuration loads, and what of it is off. */
export async function rulesList({ output, ...choice }: ListOptions): Promise<void> {
  const { ruleSet } = rulesOf(choice);
  await printer(process.stdout)(
    output === 'json' ? `${jsonText(list(ruleSet), 2)}\n` : table(list(ruleSet, FIELDS_MAX)),
  );
}

/** What `--output json` prints. `most`: group fields that are named. */
export function list({ rules, bases, documents, off, hash }: RuleSet, most?: number) {
  const names = new Map(documents.map((document) => [idOf(document), document.head.name]));
  const isOff = new Set(off.map(({ source }) => source));
  const nameOf = (id: string) => names.get(id) ?? documents.find((one) => idOf(one) === id)?.head.title ?? id;
  return {
    hash,
    rules: rules.map((rule) => ({
      id: rule.id,
      name: names.get(rule.id) ?? null,
      title: rule.title,
      level: rule.level,
      score: rule.risk.score,
      tags: rule.tags,
      kind: rule.kind,
      window: windowWords(rule, nameOf, most),
      /** Rules that fire only for the correlations that count them. */
      silent: rule.silent,
      inputs: rule.inputs.map(nameOf),
      ruleset: rule.ruleset,
      source: rule.source,
    })),
    off: off.map(({ id, name, title, source, why }) => ({ id, name: name ?? null, title, source, why })),
    filters: documents
      .filter((document) => document.kind === 'filter' && !isOff.has(document.source))
      .map((filter) => ({
        id: idOf(filter),
        name: filter.head.name ?? null,
        title: filter.head.title,
        source: filter.source,
        rules: bases.filter((base) => base.filters.some(({ source }) => source === filter.source)).length,
      })),
  };
}

function table({ rules, off, filters }: ReturnType<typeof list>): string {
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
        ['FILTER', 'OF RULES', 'TITLE', 'SOURCE', 'ID'],
        ...filters.map((one) => [called(one), String(one.rules), one.title, one.source, one.id]),
      ]),
    );
  return parts.join('\n');
}

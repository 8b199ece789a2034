import type { Level } from '../../model/rule.ts';
import type { ruleList } from '../../rules/explain/rule-list.ts';

export interface ListFilter {
  readonly level?: readonly Level[];
  /** With or without `attack.`; a technique stands for its subtechniques too. */
  readonly tag?: string;
  readonly pack?: string;
  /** A part of the name, the title, the id or the file, in any case. */
  readonly match?: string;
}

type RuleList = ReturnType<typeof ruleList>;

/** The part of a list that was asked for. What is off, and filters, have neither level nor tag nor pack. */
export function filteredList<T extends RuleList>(list: T, { level, tag, pack, match = '' }: ListFilter): T {
  const text = match.toLowerCase();
  const fits = ({ name, title, id, source }: RuleList['off'][number] | RuleList['filters'][number]) =>
    [name ?? '', title, id ?? '', source].some((part) => part.toLowerCase().includes(text));
  const onlyRules = level !== undefined || tag !== undefined || pack !== undefined;
  return {
    ...list,
    rules: list.rules.filter(
      (rule) =>
        fits({ ...rule, why: '' }) &&
        (level === undefined || level.includes(rule.level)) &&
        (pack === undefined || rule.ruleset === pack) &&
        (tag === undefined || rule.tags.some((one) => isTag(one, tag))),
    ),
    off: onlyRules ? [] : list.off.filter(fits),
    filters: onlyRules ? [] : list.filters.filter(fits),
  };
}

const bare = (tag: string): string => tag.toLowerCase().replace(/^attack\./, '');

const isTag = (tag: string, wanted: string): boolean => `${bare(tag)}.`.startsWith(`${bare(wanted)}.`);

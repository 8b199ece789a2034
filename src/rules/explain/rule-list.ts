import type { RuleSet } from '../assembly/load-rules.ts';
import { idOf } from '../document/catalog.ts';
import { ruleNames } from './rule-names.ts';
import { windowText } from './window-text.ts';

/** The rules of a set as `rules list --output json` prints them. `most`: the number of group fields that are shown. */
export function ruleList({ rules, bases, documents, off, hash }: RuleSet, most?: number) {
  const names = new Map(documents.map((document) => [idOf(document), document.head.name]));
  const isOff = new Set(off.map(({ source }) => source));
  const called = ruleNames(documents);
  const nameOf = (id: string) => called.get(id) ?? id;
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
      window: windowText(rule, nameOf, most),
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

import {
  ESCU_SEARCHES,
  type EscuSearch,
  filterMacro,
  searchDigest,
} from '../../../src/commands/import/escu-searches.ts';

/** A search that the tests have in the place of ESCU's, whose texts are not ours. */
export const madeUpSearch = (rule: string): string =>
  `\`kube_audit\` made_up=${rule} ${rule.includes('scanning') ? '| where count > 5 ' : ''}| \`${filterMacro(rule)}\``;

/** The table of searches with these. */
export const MADE_UP: Readonly<Record<string, EscuSearch>> = Object.fromEntries(
  Object.entries(ESCU_SEARCHES).map(([rule, search]) => [
    rule,
    { ...search, digest: searchDigest(madeUpSearch(rule)) },
  ]),
);

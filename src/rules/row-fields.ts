import type { ResultRow } from '../model/rule.ts';
import type { Fields } from './predicate.ts';
import { textTest } from './text-test.ts';

/** Fields of result rows: what is absent is null. */
export const ROW_FIELDS: Fields<ResultRow> = {
  isNull: (field) => (row) => !Object.hasOwn(row, field),
  someValue: (field, tests) => {
    const passes = textTest(tests);
    return (row) => {
      if (!Object.hasOwn(row, field)) return false;
      const value = row[field]!;
      return typeof value === 'object' ? value.some(passes) : passes(String(value));
    };
  },
};

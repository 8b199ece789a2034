import type { ResultRow } from '../../model/rule.ts';
import { textTest } from '../detection/text-test.ts';
import type { SubjectFields } from './predicate.ts';
import { somePair } from './reader-fields.ts';

/** Fields of result rows: an absent field is null. Keywords and array blocks are refused when the filter is parsed. */
export const ROW_FIELDS: SubjectFields<ResultRow> = {
  isNull: (field) => (row) => !Object.hasOwn(row, field),
  exists: (field) => (row) => Object.hasOwn(row, field),
  someValue: (field, tests) => {
    const passes = textTest(tests);
    return (row) => textsOf(row, field).some(passes);
  },
  somePair: (field, other, pass) =>
    somePair(
      (row) => textsOf(row, field),
      (row) => textsOf(row, other),
      pass,
    ),
  someLeaf: () => neverInRows(),
  members: () => neverInRows(),
};

function textsOf(row: ResultRow, field: string): readonly string[] {
  if (!Object.hasOwn(row, field)) return [];
  const value = row[field]!;
  return typeof value === 'object' ? value : [String(value)];
}

function neverInRows(): never {
  throw new Error('a result row has neither keywords nor members');
}

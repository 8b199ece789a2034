import { oncePer } from '../../lib/once-per.ts';
import { isDerived } from '../../semantics/derived-field.ts';
import type { Expression, TextTest } from '../detection/expression.ts';

/** Equality makes no string, patterns read one, and a regular expression is slow on it. */
const COST = {
  equal: 0,
  'cased-equal': 1,
  pattern: 2,
  'cased-pattern': 2,
  cidr: 2,
  compare: 2,
  time: 3,
  regex: 3,
} as const satisfies Record<TextTest['kind'], number>;

/** Members are objects, made on demand. */
const MEMBERS = 4;
/** A keyword reads the whole event. */
const KEYWORD = 5;

/** The parts in the order to try them. Parts with the same cost keep their order. */
export function cheapestFirst(parts: readonly Expression[]): readonly Expression[] {
  return [...parts].sort((a, b) => cost(a) - cost(b));
}

const dearest = oncePer((tests: readonly TextTest[]): number =>
  tests.reduce((most, { kind }) => Math.max(most, COST[kind]), 0),
);

/** A field that is computed from other fields comes after those that are read. */
const derivation = (field: string): number => (isDerived(field) ? 3 : 0);

function cost(expression: Expression): number {
  switch (expression.kind) {
    case 'null':
    case 'exists':
      return 1 + derivation(expression.field);
    case 'field':
      return Math.max(derivation(expression.field), dearest(expression.any));
    case 'reference':
      return 3;
    case 'members':
      return MEMBERS;
    case 'keyword':
      return KEYWORD;
    case 'not':
      return cost(expression.of);
    case 'all':
    case 'any':
      return expression.of.reduce((most, part) => Math.max(most, cost(part)), 0);
  }
}

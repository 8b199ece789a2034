import { allOf, type Expression } from '../detection/expression.ts';
import { ALTERNATIVES_MAX } from './index-preconditions.ts';
import { soleSet } from './sole-set.ts';

/** What must hold all together. */
export function conjuncts(expression: Expression): readonly Expression[] {
  return expression.kind === 'all' ? expression.of.flatMap(conjuncts) : [expression];
}

/** Of an `or` over several sets of fields, its alternatives: it says nothing about any of the sets, but each of its alternatives does. */
function branchesOf(expression: Expression): readonly Expression[] {
  return expression.kind === 'any' && soleSet(expression) === undefined
    ? expression.of.flatMap(branchesOf)
    : [expression];
}

/** Expressions of which at least one holds where this one holds. */
export function alternativesOf(expression: Expression): readonly Expression[] {
  let made: readonly (readonly Expression[])[] = [[]];
  for (const part of conjuncts(expression)) {
    const branches = branchesOf(part);
    made =
      made.length * branches.length <= ALTERNATIVES_MAX
        ? made.flatMap((own) => branches.map((branch) => [...own, ...conjuncts(branch)]))
        : made.map((own) => [...own, part]);
  }
  return made.map(allOf);
}

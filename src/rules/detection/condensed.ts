import { digest } from '../../lib/digest.ts';
import { oncePer } from '../../lib/once-per.ts';
import type { Expression, TextTest } from './expression.ts';

/** More tests are as long as a list that users keep, which many rules name. */
const WRITTEN_MAX = 200;

/** The expression as it is digested and compared: more than 200 tests of a field are there as their digest. */
export const condensed = oncePer((expression: Expression): unknown => {
  switch (expression.kind) {
    case 'field':
    case 'keyword':
      return expression.any.length > WRITTEN_MAX
        ? { ...expression, any: digestOf(expression.any) }
        : expression;
    case 'not':
    case 'members':
      return { ...expression, of: condensed(expression.of) };
    case 'all':
    case 'any':
      return { ...expression, of: expression.of.map(condensed) };
    default:
      return expression;
  }
});

const digestOf = oncePer((tests: readonly TextTest[]) => digest(tests));

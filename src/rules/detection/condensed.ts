import { digesting } from '../../lib/digest.ts';
import { oncePer, oncePerInSteps } from '../../lib/once-per.ts';
import type { Steps } from '../../lib/steps.ts';
import { askedFields, type Expression, type TextTest } from './expression.ts';

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

const digestOf = oncePerInSteps((tests: readonly TextTest[]) => digesting(tests));

/** `condensed`, with the digests of long lists made in steps. */
export function* condensing(expression: Expression): Steps<unknown> {
  for (const { tests } of askedFields(expression))
    if (tests.length > WRITTEN_MAX) yield* digestOf.making(tests);
  return condensed(expression);
}

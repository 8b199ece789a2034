import { indexOfEach } from '../../lib/index-of-each.ts';
import { oncePer, oncePerInSteps } from '../../lib/once-per.ts';
import { eachInSteps, type Steps } from '../../lib/steps.ts';
import { trigramsOf } from '../../lib/trigrams.ts';
import type { EventReader, FieldId, FieldPlan } from '../../model/event.ts';
import { foldCase, type TextTest } from '../detection/expression.ts';
import { longestText } from '../detection/pattern.ts';
import { textTest } from '../detection/text-test.ts';
import type { Predicate } from './predicate.ts';

/** Something with fields: an event, or a member of an array field (`within`). */
export interface FieldRead {
  readonly event: EventReader;
}

/** The literals of a field, in the order of the indexes that the reader's `literal` returns. */
export function literalsOf(plan: FieldPlan, path: string, within?: string): readonly string[] {
  return plan.needs[plan.id(path, within)]!.literals;
}

export function isNullOrAbsent(plan: FieldPlan, path: string, within?: string): Predicate<FieldRead> {
  const field = plan.id(path, within);
  return ({ event }) => {
    const state = event.state(field);
    if (state !== 'value') return state !== 'object';
    for (let i = event.count(field) - 1; i >= 0; i--) if (event.isNull(field, i)) return true;
    return false;
  };
}

export function isPresent(plan: FieldPlan, path: string, within?: string): Predicate<FieldRead> {
  const field = plan.id(path, within);
  return ({ event }) => event.state(field) !== 'absent';
}

export function someScalar(
  plan: FieldPlan,
  path: string,
  tests: readonly TextTest[],
  within?: string,
): Predicate<FieldRead> {
  const field = plan.id(path, within);
  const equal = literalTest(literalsOf(plan, path, within), tests);
  const more = otherTest(tests);
  const equals: Predicate<FieldRead> = ({ event }) => {
    const count = event.count(field);
    for (let i = 0; i < count; i++) if (equal(event, field, i)) return true;
    return false;
  };
  if (more === undefined) return equals;
  const trigrams = trigramsIn(tests);
  const fits: Predicate<FieldRead> = ({ event }) => {
    if (trigrams !== undefined && !event.mayHold(field, trigrams)) return false;
    const count = event.count(field);
    for (let i = 0; i < count; i++) {
      const scalar = event.scalar(field, i);
      if (scalar !== null && more(String(scalar))) return true;
    }
    return false;
  };
  // Literals first: a string is made only if none of them decides.
  return othersOf(tests).length < tests.length ? (read) => equals(read) || fits(read) : fits;
}

/** The texts of a field's values. It makes a list, so it is only for tests that few rules have. */
export function scalarTexts(
  plan: FieldPlan,
  path: string,
  within?: string,
): (read: FieldRead) => readonly string[] {
  const field = plan.id(path, within);
  return ({ event }) => {
    const texts: string[] = [];
    for (let i = 0; i < event.count(field); i++) {
      const scalar = event.scalar(field, i);
      if (scalar !== null) texts.push(String(scalar));
    }
    return texts;
  };
}

/** Of each test that needs a string, trigrams that a text that passes has; undefined where a test has none. */
const trigramsIn = oncePerInSteps(function* (tests: readonly TextTest[]) {
  const each: Int32Array[] = [];
  const others = othersOf(tests);
  yield* eachInSteps(others, (test) => {
    if (test.kind !== 'pattern' && test.kind !== 'cased-pattern') return;
    const trigrams = trigramsOf(longestText(test.pattern));
    if (trigrams !== undefined) each.push(trigrams);
  });
  return each.length === others.length ? (each as readonly Int32Array[]) : undefined;
});

const byLiteral = ({ kind }: TextTest): boolean => kind === 'equal' || kind === 'cased-equal';

const othersOf = oncePer((tests: readonly TextTest[]) => tests.filter((test) => !byLiteral(test)));

/** The tests that need a string, as one test; undefined if there are none. */
export function otherTest(tests: readonly TextTest[]): ((text: string) => boolean) | undefined {
  const others = othersOf(tests);
  return others.length === 0 ? undefined : textTest(others);
}

const NO = 0;
const YES = 1;
const IF_CASED = 2;

/** By the lists themselves: many rules ask for one field, whose literals may be 100,000, and compare it with one list. */
const literalTests = oncePer((literals: readonly string[]) =>
  oncePerInSteps((tests: readonly TextTest[]) => makingLiteralTest(literals, tests)),
);

type LiteralTest = (event: EventReader, field: FieldId, i: number) => boolean;

/** Whether the i-th scalar passes one of the tests for equality. Decodes it only if its case decides. */
export const literalTest = (literals: readonly string[], tests: readonly TextTest[]): LiteralTest =>
  literalTests(literals)(tests);

/**
 * Makes what the tests of one field need in steps, so that its predicate finds it: a list may have 100,000 values, and to compile a
 * regular expression takes a millisecond.
 */
export function* makingScalarTests(literals: readonly string[], tests: readonly TextTest[]): Steps<void> {
  yield* literalTests(literals).making(tests);
  yield* trigramsIn.making(tests);
  const others = othersOf(tests);
  if (others.length > 0) yield* textTest.making(others);
}

function* makingLiteralTest(literals: readonly string[], tests: readonly TextTest[]): Steps<LiteralTest> {
  const indexes = yield* indexOfEach.making(literals);
  // By literal's index plus one, since -1 is "none of them".
  const wanted = new Uint8Array(indexes.size + 1);
  const indexOf = (text: string) => {
    const index = indexes.get(text);
    if (index === undefined) throw new Error(`the plan lacks the literal ${text}`);
    return index + 1;
  };
  const cased = new Set<string>();
  yield* eachInSteps(tests, (test) => {
    if (test.kind === 'equal') wanted[indexOf(test.text)] = YES;
    if (test.kind !== 'cased-equal') return;
    cased.add(test.text);
    const index = indexOf(foldCase(test.text));
    if (wanted[index] === NO) wanted[index] = IF_CASED;
  });
  return (event, field, i) => {
    const answer = wanted[event.literal(field, i) + 1];
    return answer !== NO && (answer === YES || cased.has(String(event.scalar(field, i))));
  };
}

/** True if some text of one and some text of the other pass together. */
export function somePair<Subject>(
  texts: (subject: Subject) => readonly string[],
  others: (subject: Subject) => readonly string[],
  pass: (text: string, other: string) => boolean,
): Predicate<Subject> {
  return (subject) => {
    const against = others(subject);
    return against.length > 0 && texts(subject).some((text) => against.some((other) => pass(text, other)));
  };
}

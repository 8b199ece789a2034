import type { Derived, DerivedField, EventReader, FieldPlan } from '../../model/event.ts';
import { isDerived } from '../../semantics/derived-field.ts';
import type { TextTest } from '../detection/expression.ts';
import { textTest } from '../detection/text-test.ts';
import { membersTest } from './member-fields.ts';
import type { Predicate, SubjectFields } from './predicate.ts';
import { anything, noScalar, scalarTexts, somePair, someScalar } from './reader-fields.ts';

/** An event whose turn it is. */
export interface Turn {
  readonly event: EventReader;
  readonly derived: Derived;
}

/** Fields of events: computed ones of `derived`, all others of the reader, under the plan it was made with. */
export function eventFields(plan: FieldPlan): SubjectFields<Turn> {
  const texts = (field: string) => (isDerived(field) ? derivedTexts(field) : scalarTexts(plan, field));
  return {
    isNull: (field) => (isDerived(field) ? noDerived(field) : noScalar(plan, field)),
    exists: (field) => (isDerived(field) ? anyDerived(field) : anything(plan, field)),
    someValue: (field, tests) =>
      isDerived(field) ? someDerived(field, tests) : someScalar(plan, field, tests),
    somePair: (field, other, pass) => somePair(texts(field), texts(other), pass),
    someLeaf: (tests) => {
      const passes = textTest(tests);
      return ({ event }) => event.someLeaf(passes);
    },
    members: (expression) => membersTest(plan, expression),
  };
}

function noDerived(field: DerivedField): Predicate<Turn> {
  const has = anyDerived(field);
  return (turn) => !has(turn);
}

function anyDerived(field: DerivedField): Predicate<Turn> {
  return ({ event, derived }) => {
    for (let i = derived.count(field, event) - 1; i >= 0; i--)
      if ((derived.value(field, event, i) ?? null) !== null) return true;
    return false;
  };
}

function someDerived(field: DerivedField, tests: readonly TextTest[]): Predicate<Turn> {
  const passes = textTest(tests);
  return ({ event, derived }) => {
    const count = derived.count(field, event);
    for (let i = 0; i < count; i++) {
      const value = derived.value(field, event, i) ?? null;
      if (value !== null && passes(String(value))) return true;
    }
    return false;
  };
}

function derivedTexts(field: DerivedField): (turn: Turn) => readonly string[] {
  return ({ event, derived }) =>
    Array.from({ length: derived.count(field, event) }, (_, i) => derived.value(field, event, i) ?? null)
      .filter((value) => value !== null)
      .map(String);
}

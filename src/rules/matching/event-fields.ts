import type { Derived, DerivedField, EventReader, FieldPlan } from '../../model/event.ts';
import { isDerived } from '../../semantics/derived-field.ts';
import type { TextTest } from '../detection/expression.ts';
import { textTest } from '../detection/text-test.ts';
import { membersTest } from './member-fields.ts';
import type { Predicate, SubjectFields } from './predicate.ts';
import { isNullOrAbsent, isPresent, scalarTexts, somePair, someScalar } from './reader-fields.ts';

/** The event that is matched now. */
export interface CurrentEvent {
  readonly event: EventReader;
  readonly derived: Derived;
}

/** Fields of events: computed ones come from `derived`, all others from the reader that was made with `plan`. */
export function eventFields(plan: FieldPlan): SubjectFields<CurrentEvent> {
  const texts = (field: string) => (isDerived(field) ? derivedTexts(field) : scalarTexts(plan, field));
  return {
    isNull: (field) => (isDerived(field) ? noDerived(field) : isNullOrAbsent(plan, field)),
    exists: (field) => (isDerived(field) ? anyDerived(field) : isPresent(plan, field)),
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

function noDerived(field: DerivedField): Predicate<CurrentEvent> {
  const has = anyDerived(field);
  return (current) => !has(current);
}

function anyDerived(field: DerivedField): Predicate<CurrentEvent> {
  return ({ event, derived }) => {
    for (let i = derived.count(field, event) - 1; i >= 0; i--)
      if ((derived.value(field, event, i) ?? null) !== null) return true;
    return false;
  };
}

function someDerived(field: DerivedField, tests: readonly TextTest[]): Predicate<CurrentEvent> {
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

function derivedTexts(field: DerivedField): (current: CurrentEvent) => readonly string[] {
  return ({ event, derived }) =>
    Array.from({ length: derived.count(field, event) }, (_, i) => derived.value(field, event, i) ?? null)
      .filter((value) => value !== null)
      .map(String);
}

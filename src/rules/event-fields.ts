import {
  DERIVED_FIELDS,
  type Derived,
  type DerivedField,
  type EventReader,
  type FieldPlan,
} from '../model/event.ts';
import type { TextTest } from './expression.ts';
import type { Fields, Predicate } from './predicate.ts';
import { textTest } from './text-test.ts';

/** An event whose turn it is. */
export interface Turn {
  readonly event: EventReader;
  readonly derived: Derived;
}

export function isDerived(field: string): field is DerivedField {
  return (DERIVED_FIELDS as readonly string[]).includes(field);
}

/** What the reader's `literal` counts through for a field of the event itself. */
export function literalsOf(plan: FieldPlan, path: string): readonly string[] {
  return plan.needs.find((need) => need.path === path && need.within === undefined)?.literals ?? [];
}

/** Fields of events: computed ones of `derived`, all others of the reader, under the plan it was made with. */
export function eventFields(plan: FieldPlan): Fields<Turn> {
  return {
    isNull: (field) => (isDerived(field) ? noDerived(field) : noValue(plan, field)),
    someValue: (field, tests) =>
      isDerived(field) ? someDerived(field, tests) : someScalar(plan, field, tests),
  };
}

function noValue(plan: FieldPlan, path: string): Predicate<Turn> {
  const field = plan.id(path);
  return ({ event }) => {
    const state = event.state(field);
    if (state !== 'value') return state !== 'object';
    for (let i = event.count(field) - 1; i >= 0; i--) if (event.scalar(field, i) === null) return true;
    return false;
  };
}

function someScalar(plan: FieldPlan, path: string, tests: readonly TextTest[]): Predicate<Turn> {
  const field = plan.id(path);
  const others = tests.filter((test) => test.kind !== 'equal');
  const equals = someLiteral(plan, path, tests);
  if (others.length === 0) return equals;
  const passes = textTest(others);
  const fits: Predicate<Turn> = ({ event }) => {
    const count = event.count(field);
    for (let i = 0; i < count; i++) {
      const scalar = event.scalar(field, i);
      if (scalar !== null && passes(String(scalar))) return true;
    }
    return false;
  };
  // Literals first: a string is made only where none of them decides.
  return others.length === tests.length ? fits : (turn) => equals(turn) || fits(turn);
}

function someLiteral(plan: FieldPlan, path: string, tests: readonly TextTest[]): Predicate<Turn> {
  const field = plan.id(path);
  const literals = literalsOf(plan, path);
  // By literal's index plus one, since -1 is "none of them".
  const wanted = new Uint8Array(literals.length + 1);
  for (const test of tests) {
    if (test.kind !== 'equal') continue;
    const index = literals.indexOf(test.text);
    if (index < 0) throw new Error(`the plan lacks the literal ${test.text} of ${path}`);
    wanted[index + 1] = 1;
  }
  return ({ event }) => {
    const count = event.count(field);
    for (let i = 0; i < count; i++) if (wanted[event.literal(field, i) + 1] === 1) return true;
    return false;
  };
}

function noDerived(field: DerivedField): Predicate<Turn> {
  return ({ event, derived }) => {
    for (let i = derived.count(field, event) - 1; i >= 0; i--)
      if ((derived.value(field, event, i) ?? null) !== null) return false;
    return true;
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

import type { EventReader, FieldId, FieldPlan } from '../../model/event.ts';
import { type Expression, SELF, type TextTest } from '../detection/expression.ts';
import { textTest } from '../detection/text-test.ts';
import { type Predicate, predicate, type SubjectFields } from './predicate.ts';
import {
  type FieldRead,
  isNullOrAbsent,
  isPresent,
  literalsOf,
  literalTest,
  otherTest,
  scalarTexts,
  somePair,
  someScalar,
} from './reader-fields.ts';

/** The member of an array field that is tested now: an object (`event`), or the i-th scalar of the field. */
interface Member extends FieldRead {
  readonly of: EventReader;
  /** OBJECT, or the index of the scalar. */
  readonly i: number;
}

const OBJECT = -1;

/** A scalar has no fields. */
const NOTHING: EventReader = {
  state: () => 'absent',
  count: () => 0,
  literal: () => -1,
  isNull: () => true,
  scalar: () => null,
  mayHold: () => true,
  memo: () => undefined,
  members: () => 0,
  member: () => NOTHING,
  someLeaf: () => false,
};

type Members = Expression & { readonly kind: 'members' };

/** Whether the expression holds for so many members of an array field. Not re-entrant: each predicate has one scratch member. */
export function membersTest(
  plan: FieldPlan,
  { field, quantifier, of }: Members,
  within?: string,
): Predicate<FieldRead> {
  const scope = plan.id(field, within);
  const holds = predicate(of, memberFields(plan, field, within));
  const member = { event: NOTHING, of: NOTHING, i: OBJECT } as {
    -readonly [key in keyof Member]: Member[key];
  };

  /** Whether the expression is `wanted` for some member. */
  const some = (event: EventReader, wanted: boolean): boolean => {
    member.of = event;
    member.event = NOTHING;
    const count = event.count(scope);
    for (member.i = 0; member.i < count; member.i++) if (holds(member) === wanted) return true;
    member.i = OBJECT;
    const members = event.members(scope);
    for (let i = 0; i < members; i++) {
      member.event = event.member(scope, i);
      if (holds(member) === wanted) return true;
    }
    return false;
  };

  switch (quantifier) {
    case 'any':
      return ({ event }) => !isEmpty(event, scope) && some(event, true);
    case 'none':
      return ({ event }) => isEmpty(event, scope) || !some(event, true);
    case 'all':
      return ({ event }) => !isEmpty(event, scope) && !some(event, false);
    case 'all_or_empty':
      return ({ event }) => isEmpty(event, scope) || !some(event, false);
  }
}

/** Most events do not have the field, which is known before any member is made. */
function isEmpty(event: EventReader, scope: FieldId): boolean {
  const state = event.state(scope);
  if (state !== 'object') return state !== 'value';
  return event.members(scope) === 0;
}

/** `path`: the array field, which may be in a member of another one (`within`). */
function memberFields(plan: FieldPlan, path: string, within: string | undefined): SubjectFields<Member> {
  const scope = plan.id(path, within);
  const texts = (field: string) =>
    field === SELF ? (member: Member) => selfTexts(member, scope) : scalarTexts(plan, field, path);
  return {
    isNull: (field) =>
      field === SELF ? ({ of, i }) => i !== OBJECT && of.isNull(scope, i) : isNullOrAbsent(plan, field, path),
    exists: (field) => (field === SELF ? () => true : isPresent(plan, field, path)),
    someValue: (field, tests) =>
      field === SELF
        ? selfTest(scope, literalsOf(plan, path, within), tests)
        : someScalar(plan, field, tests, path),
    somePair: (field, other, pass) => somePair(texts(field), texts(other), pass),
    someLeaf: (tests) => {
      const passes = textTest(tests);
      return (member) =>
        member.i === OBJECT ? member.event.someLeaf(passes) : selfTexts(member, scope).some(passes);
    },
    members: (expression) => membersTest(plan, expression, path),
  };
}

function selfTest(
  scope: FieldId,
  literals: readonly string[],
  tests: readonly TextTest[],
): Predicate<Member> {
  const equal = literalTest(literals, tests);
  const more = otherTest(tests);
  return ({ of, i }) => {
    if (i === OBJECT) return false;
    if (equal(of, scope, i)) return true;
    if (more === undefined) return false;
    const scalar = of.scalar(scope, i);
    return scalar !== null && more(String(scalar));
  };
}

function selfTexts({ of, i }: Member, scope: FieldId): readonly string[] {
  const scalar = i === OBJECT ? null : of.scalar(scope, i);
  return scalar === null ? [] : [String(scalar)];
}

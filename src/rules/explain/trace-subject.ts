import type { Derived, EventReader, FieldPlan, Scalar } from '../../model/event.ts';
import { isDerived } from '../../semantics/derived-field.ts';
import { SELF } from '../detection/expression.ts';

/** The values of a field; each member of an array is one. `object`: only objects, or an empty array. */
export interface SeenField {
  readonly state: 'absent' | 'null' | 'value' | 'object';
  readonly values: readonly Scalar[];
}

/** An event, or a member of an array, that an expression is traced on. Valid until the next event. */
export interface Subject {
  seen(field: string): SeenField;
  someLeaf(test: (text: string) => boolean): boolean;
  /** Scalars first. */
  members(field: string): readonly Subject[];
}

const ABSENT: SeenField = { state: 'absent', values: [] };

/** The plan must contain every field of the expression. */
export function eventSubject(event: EventReader, derived: Derived, plan: FieldPlan): Subject {
  const reader = readerSubject(event, plan, undefined);
  return { ...reader, seen: (field) => (isDerived(field) ? seenDerived(field) : reader.seen(field)) };

  function seenDerived(field: Parameters<Derived['count']>[0]): SeenField {
    const all = Array.from({ length: derived.count(field, event) }, (_, i) => derived.value(field, event, i));
    const values = all.filter((value) => value !== undefined && value !== null);
    return values.length === 0 ? ABSENT : { state: 'value', values };
  }
}

function readerSubject(event: EventReader, plan: FieldPlan, within: string | undefined): Subject {
  return {
    seen(field) {
      if (field === SELF && within !== undefined) return { state: 'object', values: [] };
      const id = plan.id(field, within);
      const values = Array.from({ length: event.count(id) }, (_, i) => event.scalar(id, i));
      return { state: event.state(id), values };
    },
    someLeaf: (test) => event.someLeaf(test),
    members(field) {
      const id = plan.id(field, within);
      const scalars = Array.from({ length: event.count(id) }, (_, i) => scalarSubject(event.scalar(id, i)));
      const objects = Array.from({ length: event.members(id) }, (_, i) =>
        readerSubject(event.member(id, i), plan, field),
      );
      return [...scalars, ...objects];
    },
  };
}

function scalarSubject(scalar: Scalar): Subject {
  return {
    seen: (field) => (field === SELF ? { state: 'value', values: [scalar] } : ABSENT),
    someLeaf: (test) => scalar !== null && test(String(scalar)),
    members: () => [],
  };
}

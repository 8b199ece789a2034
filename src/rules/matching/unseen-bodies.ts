import type { EventReader, FieldId, FieldPlan } from '../../model/event.ts';
import { isPodField } from '../../semantics/pod-fields.ts';
import { askedFields, type Expression } from '../detection/expression.ts';

/** Parts of an event that an audit policy may leave out. */
const BODIES = ['requestObject', 'responseObject'] as const;

/** The bodies that an expression reads. */
export function bodiesRead(expression: Expression): readonly string[] {
  const roots = new Set(
    [...askedFields(expression)].map(({ field, within = field }) =>
      isPodField(within) ? 'requestObject' : within.split('.', 1)[0]!,
    ),
  );
  return BODIES.filter((body) => roots.has(body));
}

/** Counts, for each rule that reads a body, the candidate events without one, until the first candidate event with one. */
export function unseenBodies(bases: readonly { readonly expression: Expression }[], plan: FieldPlan) {
  const wanted = bases.map(({ expression }): readonly FieldId[] =>
    bodiesRead(expression).map((body) => plan.id(body)),
  );
  const open = Uint8Array.from(wanted, (fields) => (fields.length > 0 ? 1 : 0));
  const without = new Float64Array(bases.length);
  return {
    observe(event: EventReader, rule: number): void {
      if (open[rule] === 0) return;
      const fields = wanted[rule]!;
      for (let i = 0; i < fields.length; i++) {
        if (event.state(fields[i]!) === 'absent') continue;
        open[rule] = 0;
        return;
      }
      without[rule]!++;
    },
    *unseen(): Iterable<readonly [rule: number, events: number]> {
      for (const [rule, events] of without.entries())
        if (open[rule] === 1 && events > 0) yield [rule, events];
    },
  };
}

import type { EventReader, FieldId, FieldPlan } from '../../model/event.ts';
import { isPodField } from '../../semantics/pod-fields.ts';
import { askedFields, type Expression } from '../detection/expression.ts';

/** What an audit policy may leave out of its events. */
const BODIES = ['requestObject', 'responseObject'] as const;

/** The bodies that an expression reads. */
export function bodiesOf(expression: Expression): readonly string[] {
  const roots = new Set(
    [...askedFields(expression)].map(({ field, within = field }) =>
      isPodField(within) ? 'requestObject' : within.split('.', 1)[0]!,
    ),
  );
  return BODIES.filter((body) => roots.has(body));
}

/** Counts, for each rule that reads a body, events that it could have matched without one; until the first one with it. */
export function bodies(bases: readonly { readonly expression: Expression }[], plan: FieldPlan) {
  const wanted = bases.map(({ expression }): readonly FieldId[] =>
    bodiesOf(expression).map((body) => plan.id(body)),
  );
  const open = Uint8Array.from(wanted, (own) => (own.length > 0 ? 1 : 0));
  const without = new Float64Array(bases.length);
  return {
    look(event: EventReader, rule: number): void {
      if (open[rule] === 0) return;
      const own = wanted[rule]!;
      for (let i = 0; i < own.length; i++) {
        if (event.state(own[i]!) === 'absent') continue;
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

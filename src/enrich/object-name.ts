import type { EventReader, FieldId, FieldPlan } from '../model/event.ts';
import { GENERATED, NAMES } from '../semantics/derived-sources.ts';

/** The name of the object that a request is about. A `create` is logged without one: the body, or the answer, has it. */
export function objectName(plan: FieldPlan): (event: EventReader) => string | undefined {
  const names = NAMES.map((path) => plan.id(path));
  const generated = plan.id(GENERATED);
  return (event) => {
    for (let i = 0; i < names.length; i++) {
      const name = text(event, names[i]!);
      if (name !== undefined) return name;
    }
    const begin = text(event, generated);
    return begin === undefined ? undefined : `${begin}*`;
  };
}

function text(event: EventReader, field: FieldId): string | undefined {
  const value = event.count(field) === 1 ? event.scalar(field, 0) : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

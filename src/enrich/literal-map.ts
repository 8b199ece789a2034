import type { EventReader, FieldPlan } from '../model/event.ts';

/** What the table gives for a field's one value. Makes no string: the reader compares the field with literals of the plan. */
export function literalMap<T>(
  plan: FieldPlan,
  path: string,
  table: Readonly<Record<string, T>>,
): (event: EventReader) => T | undefined {
  const field = plan.id(path);
  const byLiteral = plan.needs[field]!.literals.map((literal) =>
    Object.hasOwn(table, literal) ? table[literal] : undefined,
  );
  return (event) => (event.count(field) === 1 ? byLiteral[event.literal(field, 0)] : undefined);
}

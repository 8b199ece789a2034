import type { EventReader, FieldPlan } from '../../../src/model/event.ts';

/** An event of which only numbers are told: by path, the literal's index of each value, -1 for none of them. */
export function stubReader(
  plan: FieldPlan,
  values: Readonly<Record<string, readonly number[]>>,
): EventReader {
  const rows = plan.needs.map(({ path }) => Int32Array.from(values[path] ?? []));
  return {
    state: (field) => (rows[field]!.length > 0 ? 'value' : 'absent'),
    count: (field) => rows[field]!.length,
    literal: (field, i) => rows[field]![i]!,
    isNull: () => false,
    mayHold: () => true,
    memo: () => undefined,
    scalar: () => {
      throw new Error('a string was asked for');
    },
    members: () => 0,
    member: () => {
      throw new Error('a member was asked for');
    },
    someLeaf: () => {
      throw new Error('leaves were asked for');
    },
  };
}

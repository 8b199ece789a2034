import { atOnce, eachInSteps, type Steps } from '../lib/steps.ts';
import type { FieldId, FieldNeed, FieldPlan } from '../model/event.ts';

/**
 * Unites the fields that rules, hit identity and enrichment read. Each (path, within) is there once, with the literals of all
 * its needs; both are in order of first mention. A field's id is its index in `needs`.
 */
export function compilePlan(needs: readonly FieldNeed[]): FieldPlan {
  return atOnce(compilingPlan(needs));
}

/** `compilePlan` in steps. */
export function* compilingPlan(needs: readonly FieldNeed[]): Steps<FieldPlan> {
  const ids = new Map<string | undefined, Map<string, FieldId>>();
  const united: { readonly need: FieldNeed; readonly literals: Set<string> }[] = [];
  for (const need of needs) {
    const paths = ids.get(need.within) ?? new Map<string, FieldId>();
    ids.set(need.within, paths);
    const known = paths.get(need.path);
    const literals = known === undefined ? new Set<string>() : united[known]!.literals;
    yield* eachInSteps(need.literals, (literal) => literals.add(literal));
    if (known !== undefined) continue;
    paths.set(need.path, united.length as FieldId);
    united.push({ need, literals });
  }
  return {
    needs: united.map(({ need, literals }) => Object.freeze({ ...need, literals: [...literals] })),
    id(path, within) {
      const id = ids.get(within)?.get(path);
      if (id !== undefined) return id;
      throw new Error(`the plan has no field ${path}${within === undefined ? '' : ` within ${within}`}`);
    },
  };
}

import { type Condition, namesMeantBy } from '../detection/condition-grammar.ts';
import type { Trace } from './trace.ts';
import type { DetectionTrace } from './trace-detection.ts';

/** How many leaves would have to change for the detection to hold; 0 if it holds. */
export function distance({ conditions, selections }: DetectionTrace): number {
  const byName = new Map(selections.map(({ name, trace }) => [name, trace]));
  return Math.min(...conditions.map(({ tree }) => toward(tree, byName, true)));
}

function toward(condition: Condition, selections: ReadonlyMap<string, Trace>, wanted: boolean): number {
  switch (condition.kind) {
    case 'name':
      return flips(selections.get(condition.name)!, wanted);
    case 'not':
      return toward(condition.of, selections, !wanted);
    case 'all':
    case 'any':
      return joined(
        condition.of.map((part) => toward(part, selections, wanted)),
        (condition.kind === 'all') === wanted,
      );
    case 'of':
      return joined(
        [...selections.keys()]
          .filter(namesMeantBy(condition.pattern))
          .map((name) => flips(selections.get(name)!, wanted)),
        (condition.quantifier === 'all') === wanted,
      );
  }
}

function flips(trace: Trace, wanted: boolean): number {
  if (trace.holds === wanted) return 0;
  switch (trace.kind) {
    case 'not':
      return flips(trace.of, !wanted);
    case 'all':
    case 'any':
      return joined(
        trace.of.map((part) => flips(part, wanted)),
        (trace.kind === 'all') === wanted,
      );
    default:
      return 1;
  }
}

/** Every part has to change, or only the cheapest one. */
function joined(parts: readonly number[], every: boolean): number {
  return every ? parts.reduce((sum, part) => sum + part, 0) : Math.min(...parts);
}

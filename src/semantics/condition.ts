import type { Bound, Seen } from '../model/rule.ts';

/** Whether a figure is within one bound. */
export const MEETS = {
  gt: (figure, value) => figure > value,
  gte: (figure, value) => figure >= value,
  eq: (figure, value) => figure === value,
  neq: (figure, value) => figure !== value,
  lt: (figure, value) => figure < value,
  lte: (figure, value) => figure <= value,
} as const satisfies Record<Bound['op'], (figure: number, value: number) => boolean>;

/** Whether a figure is within all bounds of a condition. */
export function meets(figure: number, condition: readonly Bound[]): boolean {
  return condition.every(({ op, value }) => MEETS[op](figure, value));
}

/** The least count, of at least 1, that meets a condition; undefined where a greater count can fail the condition. */
export function leastCount(condition: readonly Bound[]): number | undefined {
  let least = 1;
  for (const { op, value } of condition) {
    if (op === 'gte') least = Math.max(least, Math.ceil(value));
    else if (op === 'gt') least = Math.max(least, Math.floor(value) + 1);
    else return undefined;
  }
  return least;
}

/** Whether a temporal condition holds where these inputs were seen. */
export function holds(seen: Seen, inputs: { has(id: string): boolean }): boolean {
  if (seen.kind === 'input') return inputs.has(seen.id);
  if (seen.kind === 'not') return !holds(seen.of, inputs);
  const test = (part: Seen) => holds(part, inputs);
  return seen.kind === 'all' ? seen.of.every(test) : seen.of.some(test);
}

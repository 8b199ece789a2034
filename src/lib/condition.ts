import type { Bound, Seen } from '../model/rule.ts';

const MEETS = {
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

/** Whether a temporal condition holds where these inputs were seen. */
export function holds(seen: Seen, inputs: { has(id: string): boolean }): boolean {
  if (seen.kind === 'input') return inputs.has(seen.id);
  if (seen.kind === 'not') return !holds(seen.of, inputs);
  const test = (part: Seen) => holds(part, inputs);
  return seen.kind === 'all' ? seen.of.every(test) : seen.of.some(test);
}

import type { HeldHit } from './held-hit.ts';

/** Whether these inputs were seen one after the other, in their order; hits at the same time count as in order. */
export function inputsInOrder(inputs: readonly string[], hits: Iterable<HeldHit>): boolean {
  const times = new Map<string, number[]>(inputs.map((input) => [input, []]));
  for (const { input, at } of hits) times.get(input)?.push(at);
  let from = Number.NEGATIVE_INFINITY;
  for (const input of inputs) {
    // The earliest hit that follows leaves most room for the other inputs.
    let next = Number.POSITIVE_INFINITY;
    for (const time of times.get(input)!) if (time >= from && time < next) next = time;
    if (next === Number.POSITIVE_INFINITY) return false;
    from = next;
  }
  return true;
}

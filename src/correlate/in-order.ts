import type { Sighting } from './sighting.ts';

/** The most inputs, in their order, that were seen one after the other; hits at the same time count as in order. */
export function inOrder(inputs: readonly string[], sightings: Iterable<Sighting>): number {
  const times = new Map<string, number[]>(inputs.map((input) => [input, []]));
  for (const { input, at } of sightings) times.get(input)?.push(at);
  /** By how many inputs: the earliest time by which so many of those looked at were seen in order. */
  const by = [Number.NEGATIVE_INFINITY];
  for (const input of inputs) {
    const own = times.get(input)!;
    // The longest first, so that an input follows what stood before it and not itself.
    for (let seen = by.length; seen > 0; seen--) {
      const next = earliest(own, by[seen - 1]!);
      if (next !== undefined && next < (by[seen] ?? Number.POSITIVE_INFINITY)) by[seen] = next;
    }
  }
  return by.length - 1;
}

function earliest(times: readonly number[], from: number): number | undefined {
  let found: number | undefined;
  for (const time of times) if (time >= from && (found === undefined || time < found)) found = time;
  return found;
}

import { isObject, type JsonObject } from './json.ts';

/** A path, split once: at each dot, the keys that may be tried there, the longest first, and the dot after each. */
export interface Path {
  readonly steps: readonly (readonly { readonly key: string; readonly next: number }[])[];
}

export function compilePath(text: string): Path {
  const parts = text.split('.');
  return {
    steps: parts.map((_, from) =>
      parts
        .slice(from)
        .map((_, more) => ({ key: parts.slice(from, from + more + 1).join('.'), next: from + more + 1 }))
        .reverse(),
    ),
  };
}

/**
 * Calls `found` with each value at the path, in document order. False: the path leads nowhere.
 *
 * At an object the longest literal key is tried first ("a.b.c", then "a.b" and .c in it, then "a"), and what leads nowhere
 * is taken back, so one value is found: that of the longest key nearest to the root. At an array on the way every member
 * is walked, nested arrays as if they were flat, each finding for itself. A null at the end is found; a path that goes on
 * behind a null or a scalar leads nowhere. `through`: an array was on the way.
 */
export function walk(
  path: Path,
  from: JsonObject,
  found: (value: unknown, through: boolean) => void,
): boolean {
  return step(path, 0, from, false, found);
}

function step(
  path: Path,
  at: number,
  value: unknown,
  through: boolean,
  found: (value: unknown, through: boolean) => void,
): boolean {
  const keys = path.steps[at];
  if (!keys) {
    found(value, through);
    return true;
  }
  if (Array.isArray(value)) {
    let any = false;
    for (const member of flat(value)) if (step(path, at, member, true, found)) any = true;
    return any;
  }
  if (!isObject(value)) return false;
  return keys.some(
    ({ key, next }) => Object.hasOwn(value, key) && step(path, next, value[key], through, found),
  );
}

/** An array's members, those of nested arrays in their place. Without recursion: a sender chooses the depth. */
export function* flat(array: readonly unknown[]): Generator<unknown, void> {
  const open = [array.values()];
  for (let top = open.at(-1); top; top = open.at(-1)) {
    const { done, value } = top.next();
    if (done) open.pop();
    else if (Array.isArray(value)) open.push(value.values());
    else yield value;
  }
}

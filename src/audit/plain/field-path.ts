import { isObject, type JsonObject } from '../document/json.ts';

/** The keys that may be tried at a dot, the longest first, and the step after each; or the place of a member in an array. */
export type FieldStep = readonly { readonly key: string; readonly next: number }[] | number;

/** A path, split once: a step for each of its parts. */
export interface FieldPath {
  readonly steps: readonly FieldStep[];
}

const INDEX = /^\[(-?\d{1,9})\](?=[.[]|$)/;

/**
 * A path's parts: keys between dots, and `[0]` or `[-1]` behind one, which picks a member of an array. `\[` and `\]` are
 * brackets of a key, and so are those that hold no number.
 */
export function partsOf(text: string): readonly (string | number)[] {
  const parts: (string | number)[] = [];
  let key = '';
  let open = true;
  for (let at = 0; at < text.length; ) {
    const index = open && key === '' ? null : INDEX.exec(text.slice(at));
    if (index) {
      if (open) parts.push(key);
      parts.push(Number(index[1]));
      [key, open] = ['', false];
      at += index[0].length;
    } else if (text[at] === '.') {
      if (open) parts.push(key);
      [key, open] = ['', true];
      at++;
    } else {
      if (text[at] === '\\' && (text[at + 1] === '[' || text[at + 1] === ']')) at++;
      key += text[at++];
      open = true;
    }
  }
  if (open) parts.push(key);
  return parts;
}

/** `fixed`: of so many parts, the first ones, each is a key by itself. */
export function compilePath(text: string, fixed = 0): FieldPath {
  const parts = partsOf(text);
  return {
    steps: parts.map((part, from) => {
      if (typeof part === 'number') return part;
      if (from < fixed) return [{ key: part, next: from + 1 }];
      const stop = parts.findIndex((other, i) => i > from && typeof other === 'number');
      const keys = parts.slice(from, stop < 0 ? parts.length : stop);
      return keys
        .map((_, more) => ({ key: keys.slice(0, more + 1).join('.'), next: from + more + 1 }))
        .reverse();
    }),
  };
}

/**
 * Calls `found` with each value at the path, in document order. False: the path leads nowhere.
 *
 * At an object the longest literal key is tried first ("a.b.c", then "a.b" and .c in it, then "a"), and what leads nowhere
 * is taken back, so one value is found: that of the longest key nearest to the root. At an array on the way every member
 * is walked, nested arrays as if they were flat, each finding for itself. A null at the end is found; a path that goes on
 * behind a null or a scalar leads nowhere. An index picks one member, and what is no array, or has no such member, leads
 * nowhere. `through`: an array was on the way, of which each member was walked.
 */
export function walk(
  path: FieldPath,
  from: JsonObject,
  found: (value: unknown, through: boolean) => void,
): boolean {
  return step(path, 0, from, false, found);
}

function step(
  path: FieldPath,
  at: number,
  value: unknown,
  through: boolean,
  found: (value: unknown, through: boolean) => void,
): boolean {
  const keys = path.steps[at];
  if (keys === undefined) {
    found(value, through);
    return true;
  }
  if (typeof keys === 'number') {
    if (!Array.isArray(value)) return false;
    const i = keys < 0 ? value.length + keys : keys;
    return i >= 0 && i < value.length && step(path, at + 1, value[i], through, found);
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

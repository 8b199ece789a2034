import { isObject, type JsonObject } from '../document/json.ts';

/** The keys that are tried at this step, the longest first, each with the step that comes after it; or an index into an array. */
export type FieldStep = readonly { readonly key: string; readonly next: number }[] | number;

/** A compiled path: a step for each of its parts. */
export interface FieldPath {
  readonly steps: readonly FieldStep[];
}

const INDEX = /^\[(-?\d{1,9})\](?=[.[]|$)/;

/**
 * A path's parts: the keys between dots, and `[0]` or `[-1]` after a key, which picks a member of an array. `\[` and `\]` are
 * brackets in a key; brackets without a number in them are too.
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

/** `fixed`: how many of the first parts are each a key of their own; no literal key spans them. */
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

type Found = (value: unknown, through: boolean) => void;

/**
 * Calls `found` with each value at the path, in document order. False where the path leads nowhere.
 *
 * At an object the longest literal key is tried first ("a.b.c", then "a.b" and .c in it, then "a"). Where a key leads nowhere
 * the next one is tried, so one value is found: that of the longest key nearest to the root. At an array on the way every
 * member is walked on its own, and nested arrays as if they were flat. A null at the end is found. A path that goes on after
 * a null or a scalar leads nowhere. An index picks one member; it leads nowhere where there is no array or no such member.
 * `through`: an array was on the way, and its members were walked. `member` is called for each of them.
 */
export function walk(path: FieldPath, from: JsonObject, found: Found, member: () => void): boolean {
  return step(path, 0, from, false, found, member);
}

function step(
  path: FieldPath,
  at: number,
  value: unknown,
  through: boolean,
  found: Found,
  member: () => void,
): boolean {
  const keys = path.steps[at];
  if (keys === undefined) {
    found(value, through);
    return true;
  }
  if (typeof keys === 'number') {
    if (!Array.isArray(value)) return false;
    const i = keys < 0 ? value.length + keys : keys;
    return i >= 0 && i < value.length && step(path, at + 1, value[i], through, found, member);
  }
  if (Array.isArray(value)) {
    let any = false;
    for (const one of flattened(value)) {
      member();
      if (step(path, at, one, true, found, member)) any = true;
    }
    return any;
  }
  if (!isObject(value)) return false;
  return keys.some(
    ({ key, next }) => Object.hasOwn(value, key) && step(path, next, value[key], through, found, member),
  );
}

/** An array's members; members of nested arrays take the place of their array. Without recursion, as a sender chooses the depth. */
export function* flattened(array: readonly unknown[]): Generator<unknown, void> {
  const open = [array.values()];
  for (let top = open.at(-1); top; top = open.at(-1)) {
    const { done, value } = top.next();
    if (done) open.pop();
    else if (Array.isArray(value)) open.push(value.values());
    else yield value;
  }
}

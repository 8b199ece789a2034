import { isObject, type JsonObject, ownValue } from './json.ts';

/** The most operations that are read from one patch: the API server accepts no more. */
export const OPERATIONS_MAX = 10_000;
/** The most keys in the paths of all of them; the operations behind them are not read. */
const KEYS_MAX = 2 ** 15;
/** The most keys in the path of an operation; an operation with more is skipped. */
export const PATCH_DEPTH_MAX = 64;

/** How many of the objects made last are tried for each value. There is more than one only where a patch contradicts itself. */
const ROOTS_TRIED = 8;
/** The most members of an array whose places are kept right while others are inserted. In a longer array members are only appended. */
const PLACES_MAX = 256;

/**
 * The event with what its JSON patch adds: behind the operations, `requestObject` gets one more member, an object built from
 * the values of `add` and `replace`. So a rule finds a field of the body as if the patch were a merge patch, and rules about
 * operations still find the operations. Any other event is returned as it is.
 */
export function withPatch(event: JsonObject): JsonObject {
  const body = ownValue(event, 'requestObject');
  if (!Array.isArray(body) || ownValue(event, 'verb') !== 'patch') return event;
  const added = addedBy(body);
  return added.length === 0 ? event : { ...event, requestObject: [...body, ...added] };
}

type Container = unknown[] | Record<string, unknown>;

/** Usually one object. A value that fits into none of the objects begins another one. */
function addedBy(operations: readonly unknown[]): readonly unknown[] {
  const objects = new AddedObjects();
  let left = KEYS_MAX;
  for (const operation of operations.slice(0, OPERATIONS_MAX)) {
    if (!isObject(operation)) continue;
    const op = ownValue(operation, 'op');
    const keys = keysOf(ownValue(operation, 'path'));
    left -= keys?.length ?? 0;
    if (left < 0) break;
    if ((op === 'add' || op === 'replace') && keys !== undefined && Object.hasOwn(operation, 'value'))
      objects.put(keys, operation['value'], op === 'add');
  }
  return objects.roots;
}

/** The keys of a JSON pointer; undefined where it is not a pointer, or is too deep. */
function keysOf(path: unknown): readonly string[] | undefined {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/'))) return undefined;
  const keys = path.split('/', PATCH_DEPTH_MAX + 2).slice(1);
  if (keys.length > PATCH_DEPTH_MAX) return undefined;
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

const INDEX = /^(-|0|[1-9]\d{0,8})$/;

class AddedObjects {
  readonly roots: unknown[] = [];
  /** Containers that may be changed. Those of the event are copied first. */
  readonly #ours = new Set<unknown>();
  /**
   * Of an array that existed before the patch, only the members that the patch touched are known. By array: the places of
   * these members, by the index that a path names.
   */
  readonly #known = new Map<unknown[], Map<number, number>>();

  put(keys: readonly string[], value: unknown, insert: boolean): void {
    if (keys.length === 0) {
      this.roots.push(value);
      return;
    }
    const { length } = this.roots;
    for (let i = length - 1; i >= 0 && i >= length - ROOTS_TRIED; i--)
      if (isObject(this.roots[i]) && this.#tryPut(this.#root(i), keys, value, insert)) return;
    this.roots.push(this.#newContainer(false));
    this.#tryPut(this.#root(length), keys, value, insert);
  }

  #root(i: number): Container {
    this.roots[i] = this.#copiedOnce(this.roots[i] as Container);
    return this.roots[i] as Container;
  }

  /** Puts the value at the keys. False, with no value put, where something else is in the way. */
  #tryPut(root: Container, keys: readonly string[], value: unknown, insert: boolean): boolean {
    let at = root;
    for (let i = 0; i < keys.length - 1; i++) {
      const next = this.#enter(at, keys[i]!, INDEX.test(keys[i + 1]!));
      if (next === undefined) return false;
      at = next;
    }
    const key = keys.at(-1)!;
    if (!Array.isArray(at)) define(at, key, value);
    else if (!INDEX.test(key)) return false;
    else this.#set(at, key, value, insert);
    return true;
  }

  /** The container at a key, which may be changed; it is created where there is none. undefined where there is something else. */
  #enter(at: Container, key: string, list: boolean): Container | undefined {
    if (Array.isArray(at)) {
      if (!INDEX.test(key)) return undefined;
      const place = this.#place(at, key);
      if (place < at.length) return this.#changeable(at, place);
      const made = this.#newContainer(list);
      at.push(made);
      this.#noteLast(at, key);
      return made;
    }
    if (Object.hasOwn(at, key)) return this.#changeable(at, key);
    const made = this.#newContainer(list);
    define(at, key, made);
    return made;
  }

  #changeable(at: Container, key: string | number): Container | undefined {
    const holder = at as Record<string | number, unknown>;
    const found = holder[key];
    if (typeof found !== 'object' || found === null) return undefined;
    const ours = this.#copiedOnce(found as Container);
    if (Array.isArray(at)) at[key as number] = ours;
    else define(at, String(key), ours);
    return ours;
  }

  #newContainer(list: boolean): Container {
    const made: Container = list ? [] : {};
    this.#ours.add(made);
    if (Array.isArray(made)) this.#known.set(made, new Map());
    return made;
  }

  #copiedOnce(container: Container): Container {
    if (this.#ours.has(container)) return container;
    const copy: Container = Array.isArray(container) ? [...container] : { ...container };
    this.#ours.add(copy);
    return copy;
  }

  /** The place of the member that an index names; behind the last member where it is not known. */
  #place(array: unknown[], key: string): number {
    const known = this.#known.get(array);
    if (key === '-' || (known === undefined && array.length >= PLACES_MAX)) return array.length;
    return known === undefined ? Number(key) : (known.get(Number(key)) ?? array.length);
  }

  /** Notes that an index names the last member. */
  #noteLast(array: unknown[], key: string): void {
    const known = this.#known.get(array);
    if (known !== undefined && key !== '-' && known.size < PLACES_MAX)
      known.set(Number(key), array.length - 1);
  }

  #set(array: unknown[], key: string, value: unknown, insert: boolean): void {
    const known = this.#known.get(array);
    const place = this.#place(array, key);
    if (!insert && place < array.length) array[place] = value;
    else if (known === undefined && place < array.length) array.splice(place, 0, value);
    else {
      if (insert && known !== undefined && key !== '-') shift(known, Number(key));
      array.push(value);
      this.#noteLast(array, key);
    }
  }
}

/** Moves the members from an index on up by one. */
function shift(known: Map<number, number>, from: number): void {
  const moved = [...known].map(([index, place]) => [index < from ? index : index + 1, place] as const);
  known.clear();
  for (const [index, place] of moved) known.set(index, place);
}

/** Works for keys that have a special meaning for objects, too. */
function define(object: Container, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

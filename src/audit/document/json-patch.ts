import { isObject, type JsonObject, own } from './json.ts';

/** Operations of one patch that are read: the API server takes no more. */
export const OPERATIONS_MAX = 10_000;
/** Keys in the path of an operation; one with more is passed over. */
export const PATCH_DEPTH_MAX = 64;

/** Objects that a value is tried to be put into, the last ones made. More than one are needed where a patch contradicts itself. */
const ROOTS_TRIED = 8;
/** Members of an array whose places are kept right while others are inserted; to a longer one members are only added. */
const PLACES_MAX = 256;

/**
 * The event with what its JSON patch adds: behind the operations, `requestObject` gets one more member, an object made of
 * the values that `add` and `replace` put there. So a rule finds a field of the body as if the patch were a merge patch, and
 * rules about operations still see those. Another event as it is.
 */
export function withPatch(event: JsonObject): JsonObject {
  const body = own(event, 'requestObject');
  if (!Array.isArray(body) || own(event, 'verb') !== 'patch') return event;
  const added = addedBy(body);
  return added.length === 0 ? event : { ...event, requestObject: [...body, ...added] };
}

type Container = unknown[] | Record<string, unknown>;

/** Mostly one object; what fits into none of the others begins another one. */
function addedBy(operations: readonly unknown[]): readonly unknown[] {
  const made = new Made();
  for (const operation of operations.slice(0, OPERATIONS_MAX)) {
    if (!isObject(operation)) continue;
    const op = own(operation, 'op');
    const keys = keysOf(own(operation, 'path'));
    if ((op === 'add' || op === 'replace') && keys !== undefined && Object.hasOwn(operation, 'value'))
      made.put(keys, operation['value'], op === 'add');
  }
  return made.roots;
}

/** The keys of a JSON pointer; undefined for what is none. */
function keysOf(path: unknown): readonly string[] | undefined {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/'))) return undefined;
  const keys = path.split('/', PATCH_DEPTH_MAX + 2).slice(1);
  if (keys.length > PATCH_DEPTH_MAX) return undefined;
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

const INDEX = /^(-|0|[1-9]\d{0,8})$/;

class Made {
  readonly roots: unknown[] = [];
  /** Containers that are ours to change; those of the event are copied first. */
  readonly #ours = new Set<unknown>();
  /**
   * Of an array that was there before the patch only the members that the patch touched are known: the places of those, by
   * the index that a path would name.
   */
  readonly #known = new Map<unknown[], Map<number, number>>();

  put(keys: readonly string[], value: unknown, insert: boolean): void {
    if (keys.length === 0) {
      this.roots.push(value);
      return;
    }
    const { length } = this.roots;
    for (let i = length - 1; i >= 0 && i >= length - ROOTS_TRIED; i--)
      if (isObject(this.roots[i]) && this.#fits(this.#root(i), keys, value, insert)) return;
    this.roots.push(this.#blank(false));
    this.#fits(this.#root(length), keys, value, insert);
  }

  #root(i: number): Container {
    this.roots[i] = this.#own(this.roots[i] as Container);
    return this.roots[i] as Container;
  }

  /** Puts the value there. False, with nothing put, where something else is in the way. */
  #fits(root: Container, keys: readonly string[], value: unknown, insert: boolean): boolean {
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

  /** The container at a key, ours to change; made where there is none. undefined where something else is there. */
  #enter(at: Container, key: string, list: boolean): Container | undefined {
    if (Array.isArray(at)) {
      if (!INDEX.test(key)) return undefined;
      const place = this.#place(at, key);
      if (place < at.length) return this.#replace(at, place);
      const made = this.#blank(list);
      at.push(made);
      this.#know(at, key);
      return made;
    }
    if (Object.hasOwn(at, key)) return this.#replace(at, key);
    const made = this.#blank(list);
    define(at, key, made);
    return made;
  }

  #replace(at: Container, key: string | number): Container | undefined {
    const holder = at as Record<string | number, unknown>;
    const found = holder[key];
    if (typeof found !== 'object' || found === null) return undefined;
    const ours = this.#own(found as Container);
    if (Array.isArray(at)) at[key as number] = ours;
    else define(at, String(key), ours);
    return ours;
  }

  #blank(list: boolean): Container {
    const made: Container = list ? [] : {};
    this.#ours.add(made);
    if (Array.isArray(made)) this.#known.set(made, new Map());
    return made;
  }

  #own(container: Container): Container {
    if (this.#ours.has(container)) return container;
    const copy: Container = Array.isArray(container) ? [...container] : { ...container };
    this.#ours.add(copy);
    return copy;
  }

  /** Where the member stands that an index names; behind the last one for a member that is not known. */
  #place(array: unknown[], key: string): number {
    const known = this.#known.get(array);
    if (key === '-' || (known === undefined && array.length >= PLACES_MAX)) return array.length;
    return known === undefined ? Number(key) : (known.get(Number(key)) ?? array.length);
  }

  /** Notes that the last member is the one that an index names. */
  #know(array: unknown[], key: string): void {
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
      this.#know(array, key);
    }
  }
}

/** Members from an index on move up by one. */
function shift(known: Map<number, number>, from: number): void {
  const moved = [...known].map(([index, place]) => [index < from ? index : index + 1, place] as const);
  known.clear();
  for (const [index, place] of moved) known.set(index, place);
}

/** Also for keys that mean something else to an object. */
function define(object: Container, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

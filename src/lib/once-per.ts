import { atOnce, type Steps } from './steps.ts';

/**
 * What was made of an object, kept in a hidden property of that object. Not in a WeakMap: V8 walks through what only such a map holds
 * in the pause of a collection, and of long lists that is tens of MB.
 */
class Made<Key extends object, Value> {
  readonly #name = Symbol('made once');

  of(key: Key): { readonly value: Value } | undefined {
    return (key as { readonly [name: symbol]: { readonly value: Value } | undefined })[this.#name];
  }

  keep(key: Key, value: Value): Value {
    Object.defineProperty(key, this.#name, { value: { value }, configurable: true });
    return value;
  }
}

/**
 * The function, whose answer for an object is made once and kept as long as the object lives. The object must not be frozen, nor
 * live longer than the function: a constant would keep the answers of all functions.
 */
export function oncePer<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Made<Key, Value>();
  return (key) => {
    const found = made.of(key);
    return found === undefined ? made.keep(key, make(key)) : found.value;
  };
}

/** What `oncePer` gives, where the answer may take long to make: after `making` it is there. */
export interface OncePerInSteps<Key, Value> {
  (key: Key): Value;
  making(key: Key): Steps<Value>;
}

export function oncePerInSteps<Key extends object, Value>(
  make: (key: Key) => Steps<Value>,
): OncePerInSteps<Key, Value> {
  const made = new Made<Key, Value>();
  function* making(key: Key): Steps<Value> {
    const found = made.of(key);
    return found === undefined ? made.keep(key, yield* make(key)) : found.value;
  }
  return Object.assign((key: Key) => atOnce(making(key)), { making });
}

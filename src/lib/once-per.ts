import { atOnce, type Steps } from './steps.ts';

/** The function, whose answer for an object is made once and kept as long as the object lives. */
export function oncePer<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value }>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found.value;
    const value = make(key);
    known.set(key, { value });
    return value;
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
  const known = new WeakMap<Key, { readonly value: Value }>();
  function* making(key: Key): Steps<Value> {
    const found = known.get(key);
    if (found !== undefined) return found.value;
    const value = yield* make(key);
    known.set(key, { value });
    return value;
  }
  return Object.assign((key: Key) => known.get(key)?.value ?? atOnce(making(key)), { making });
}

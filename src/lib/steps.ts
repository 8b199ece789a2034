/** Work in steps, each of a few milliseconds at most, so that a server can do other things between them. */
export type Steps<T> = Generator<undefined, T>;

/** Work that is one step. */
export function* inOneStep<T>(work: () => T): Steps<T> {
  const done = work();
  yield;
  return done;
}

/** Lists have up to 100,000 values, and each costs a microsecond or less. */
const VALUES_A_STEP = 1000;

/** Takes each value in turn: a step for so many of them. */
export function* eachInSteps<Value>(
  values: Iterable<Value>,
  take: (value: Value, index: number) => void,
): Steps<void> {
  let index = 0;
  for (const value of values) {
    take(value, index);
    index++;
    if (index % VALUES_A_STEP === 0) yield;
  }
}

/** All of them without a pause. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

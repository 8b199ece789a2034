/** Work in steps, so that a server can do other things between them: of some milliseconds, more where a long list is in one. */
export type Steps<T> = Generator<undefined, T>;

/** Work that is one step. */
export function* inOneStep<T>(work: () => T): Steps<T> {
  const done = work();
  yield;
  return done;
}

/** All of them without a pause. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

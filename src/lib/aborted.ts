/** Resolves when the signal aborts, or has. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** `work`, or undefined as soon as `by` aborts; what the work gives afterwards is let go. Leaves no listener behind. */
export function unlessAborted<T>(work: Promise<T>, by: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const give = () => resolve(undefined);
    if (by.aborted) give();
    else by.addEventListener('abort', give, { once: true });
    work.then(resolve, reject).finally(() => by.removeEventListener('abort', give));
  });
}

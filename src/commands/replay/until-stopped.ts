/** The items until `stop` aborts, also while one is waited for. What is read or fails after that is left. */
export async function* untilStopped<T>(items: AsyncIterable<T>, stop: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let release = () => {};
  const onStop = () => release();
  stop.addEventListener('abort', onStop);
  try {
    while (!stop.aborted) {
      const next = await new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
        release = () => resolve(undefined);
        iterator.next().then(resolve, reject);
      });
      if (next === undefined || next.done) return;
      yield next.value;
    }
  } finally {
    stop.removeEventListener('abort', onStop);
    // Not awaited: after a stop it waits for what is being read.
    iterator.return?.().catch(() => {});
  }
}

/** The items until `stop` aborts, also while one is waited for. An error that comes after that is nobody's concern. */
export async function* untilStopped<T>(
  items: Promise<AsyncIterable<T>>,
  stop: AbortSignal,
): AsyncGenerator<T> {
  let release = () => {};
  stop.addEventListener('abort', () => release());
  const orStop = <R>(promise: Promise<R>) =>
    new Promise<R | undefined>((resolve, reject) => {
      if (stop.aborted) resolve(undefined);
      release = () => resolve(undefined);
      promise.then(resolve, (error) => (stop.aborted ? resolve(undefined) : reject(error)));
    });
  const iterator = (await orStop(items))?.[Symbol.asyncIterator]();
  while (iterator !== undefined) {
    const next = await orStop(iterator.next());
    if (next === undefined || next.done) return;
    yield next.value;
  }
}

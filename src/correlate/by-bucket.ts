interface OfBucket {
  readonly bucket: number;
}

/** Something for some buckets. Most groups have it for one or none: those need no map. */
export type ByBucket<T extends OfBucket> = T | ReadonlyMap<number, T> | undefined;

export function ofBucket<T extends OfBucket>(all: ByBucket<T>, bucket: number): T | undefined {
  if (all instanceof Map) return all.get(bucket);
  const one = all as T | undefined;
  return one?.bucket === bucket ? one : undefined;
}

export function allBuckets<T extends OfBucket>(all: ByBucket<T>): Iterable<T> {
  if (all instanceof Map) return all.values();
  return all === undefined ? [] : [all as T];
}

/** With one more; one for the same bucket is replaced. A map is changed in place. */
export function withBucket<T extends OfBucket>(all: ByBucket<T>, more: T): ByBucket<T> {
  if (all instanceof Map) return all.set(more.bucket, more);
  const one = all as T | undefined;
  if (one === undefined || one.bucket === more.bucket) return more;
  return new Map([
    [one.bucket, one],
    [more.bucket, more],
  ]);
}

export function withoutBucket<T extends OfBucket>(all: ByBucket<T>, bucket: number): ByBucket<T> {
  if (all instanceof Map) {
    all.delete(bucket);
    return all.size === 0 ? undefined : all;
  }
  return (all as T | undefined)?.bucket === bucket ? undefined : all;
}

/** What a map takes up, and each of its slots, in bytes. */
const MAP_COST = 300;
const SLOT_COST = 64;

/** In bytes; `each`: what one takes up by itself. */
export function bucketsCost<T extends OfBucket>(all: ByBucket<T>, each: number): number {
  if (all instanceof Map) return MAP_COST + all.size * (SLOT_COST + each);
  return all === undefined ? 0 : each;
}

import type { Commit, StoredEvent } from '../store.ts';

/** A commit on its way to the thread of the file: all bytes in one buffer, which goes over without a copy. */
export interface PackedCommit {
  /** Those of the block, then those of each event. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly block: { readonly number: number; readonly length: number } | undefined;
  readonly events: readonly (Omit<StoredEvent, 'bytes'> & { readonly length: number })[];
  readonly settled: Commit['settled'];
}

export function packed({ block, events, settled }: Commit): PackedCommit {
  const parts = events.map(({ bytes }) => bytes);
  if (block) parts.unshift(block.bytes);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return {
    bytes,
    block: block && { number: block.number, length: block.bytes.length },
    events: events.map(({ bytes: { length }, ...rest }) => ({ ...rest, length })),
    settled,
  };
}

export function unpacked({ bytes, block, events, settled }: PackedCommit): Commit {
  let end = 0;
  const next = (length: number) => {
    end += length;
    return bytes.subarray(end - length, end);
  };
  return {
    ...(block && { block: { number: block.number, bytes: next(block.length) } }),
    events: events.map(({ length, ...rest }) => ({ ...rest, bytes: next(length) })),
    settled,
  };
}

import { setImmediate } from 'node:timers/promises';
import type { Commit, Store, StoredEvent, StoreFault, WaitingEvent } from '../../src/store/store.ts';

/** What is on the disk of a MemoryStore. */
export interface Disk {
  readonly blocks: { readonly number: number; readonly bytes: Uint8Array }[];
  readonly events: Map<number, StoredEvent>;
  /** By destination. */
  readonly queues: Map<string, Set<number>>;
  snapshot: { readonly parts: Uint8Array[]; readonly block: number } | undefined;
  /** The highest number of an event ever. */
  seq: number;
  block: number;
}

export function emptyDisk(): Disk {
  return { blocks: [], events: new Map(), queues: new Map(), snapshot: undefined, seq: 0, block: 0 };
}

/** A Store whose disk survives it: what many short lives of a state in one test need. */
export class MemoryStore implements Store {
  readonly disk: Disk;
  readonly last: { readonly block: number; readonly seq: number };
  readonly ended = new Promise<never>(() => {});
  readonly #parts = new Map<number, Uint8Array[]>();
  /** Set to let commits fail. */
  fault: StoreFault | undefined;
  /** Set to let `take` and snapshots fail. */
  broken: StoreFault | undefined;
  /** After that nothing reaches the disk any more, as after a crash. */
  dead = false;

  constructor(disk: Disk) {
    this.disk = disk;
    this.last = { block: disk.block, seq: disk.seq };
  }

  async commit({ block, events, settled }: Commit): Promise<StoreFault | undefined> {
    await Promise.resolve();
    if (this.dead) return new Promise(() => {});
    if (this.fault) return this.fault;
    if (block) this.disk.blocks.push({ ...block });
    if (block) this.disk.block = block.number;
    for (const event of events) {
      this.disk.events.set(event.seq, event);
      this.disk.seq = event.seq;
      for (const to of event.to) this.#queue(to).add(event.seq);
    }
    for (const { to, seqs } of settled) for (const seq of seqs) this.#queue(to).delete(seq);
    return undefined;
  }

  async take(
    to: string,
    max: number,
    lent: readonly number[],
    which = 'first',
  ): Promise<readonly WaitingEvent[] | StoreFault> {
    if (this.broken) return this.broken;
    const sign = which === 'first' ? 1 : -1;
    return [...this.#queue(to)]
      .filter((seq) => !lent.includes(seq))
      .map((seq) => this.disk.events.get(seq)!)
      .sort((a, b) => sign * (b.priority - a.priority) || a.seq - b.seq)
      .slice(0, max);
  }

  async waiting(): ReturnType<Store['waiting']> {
    return new Map(
      [...this.disk.queues]
        .filter(([, seqs]) => seqs.size > 0)
        .map(([to, seqs]) => [
          to,
          { left: seqs.size, oldest: this.disk.events.get(Math.min(...seqs))!.since },
        ]),
    );
  }

  async oldest(to: string): ReturnType<Store['oldest']> {
    return (await this.waiting()).get(to)?.oldest;
  }

  async forget(to: string): Promise<number> {
    const { size } = this.#queue(to);
    this.disk.queues.delete(to);
    return size;
  }

  /** Slower than a commit, so that steps come while a snapshot is made. */
  async snapshotPart(snapshot: number, bytes: Uint8Array): Promise<StoreFault | undefined> {
    await setImmediate();
    await setImmediate();
    if (this.dead) return new Promise(() => {});
    if (this.fault ?? this.broken) return this.fault ?? this.broken;
    this.#parts.set(snapshot, [...(this.#parts.get(snapshot) ?? []), bytes]);
    return undefined;
  }

  async finishSnapshot(snapshot: number, block: number): Promise<StoreFault | undefined> {
    if (this.dead) return new Promise(() => {});
    if (this.fault) return this.fault;
    this.disk.snapshot = { parts: this.#parts.get(snapshot) ?? [], block };
    const rest = this.disk.blocks.filter(({ number }) => number > block);
    this.disk.blocks.splice(0, Number.POSITIVE_INFINITY, ...rest);
    return undefined;
  }

  async dropSnapshot(snapshot: number): Promise<void> {
    this.#parts.delete(snapshot);
  }

  async *parts(): AsyncIterable<Uint8Array> {
    yield* this.disk.snapshot?.parts ?? [];
  }

  async *blocks(): AsyncIterable<{ number: number; bytes: Uint8Array }> {
    yield* this.disk.blocks;
  }

  async size(): ReturnType<Store['size']> {
    const sum = (all: readonly Uint8Array[]) => all.reduce((total, { length }) => total + length, 0);
    const journal = sum(this.disk.blocks.map(({ bytes }) => bytes));
    const snapshot = sum(this.disk.snapshot?.parts ?? []);
    return { file: journal + snapshot, journal, snapshot };
  }

  unreadable(detail: string): StoreFault {
    return { kind: 'unreadable', why: `the memory cannot be read: ${detail}` };
  }

  async close(): Promise<void> {
    this.dead = true;
  }

  #queue(to: string): Set<number> {
    const queue = this.disk.queues.get(to) ?? new Set();
    this.disk.queues.set(to, queue);
    return queue;
  }
}

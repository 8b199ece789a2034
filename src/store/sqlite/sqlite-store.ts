import type { Micros } from '../../model/time.ts';
import { type Commit, type Store, StoreError, type StoreFault, type WaitingEvent } from '../store.ts';
import { fault } from './faults.ts';
import type { FileThread } from './file-thread.ts';
import { packed } from './packed-commit.ts';
import type { StoreFile } from './store-file.ts';
import type { FileAnswer } from './thread-calls.ts';

/** A store whose file is open in a thread. */
export class SqliteStore implements Store {
  readonly #thread: Pick<FileThread, 'ask' | 'end' | 'ended'>;
  readonly #directory: string;
  readonly last: StoreFile['last'];

  constructor(thread: Pick<FileThread, 'ask' | 'end' | 'ended'>, directory: string, last: StoreFile['last']) {
    this.#thread = thread;
    this.#directory = directory;
    this.last = last;
  }

  get ended(): Promise<StoreFault> {
    return this.#thread.ended;
  }

  async commit(commit: Commit): Promise<StoreFault | undefined> {
    const sent = packed(commit);
    return faultIn(await this.#thread.ask('commit', [sent], [sent.bytes.buffer]));
  }

  async take(
    to: string,
    max: number,
    lent: readonly number[],
    which: 'first' | 'worst' = 'first',
  ): Promise<readonly WaitingEvent[] | StoreFault> {
    const answer = await this.#thread.ask('take', [to, max, lent, which]);
    return 'fault' in answer ? answer.fault : answer.value;
  }

  async waiting(): Promise<ReadonlyMap<string, { readonly left: number; readonly oldest: Micros }>> {
    return valueIn(await this.#thread.ask('waiting', []));
  }

  async oldest(to: string): Promise<Micros | undefined> {
    return valueIn(await this.#thread.ask('oldest', [to]));
  }

  async forget(to: string): Promise<number> {
    return valueIn(await this.#thread.ask('forget', [to]));
  }

  async snapshotPart(snapshot: number, bytes: Uint8Array): Promise<StoreFault | undefined> {
    const sent = new Uint8Array(bytes);
    return faultIn(await this.#thread.ask('snapshotPart', [snapshot, sent], [sent.buffer]));
  }

  async finishSnapshot(snapshot: number, block: number): Promise<StoreFault | undefined> {
    return faultIn(await this.#thread.ask('finishSnapshot', [snapshot, block]));
  }

  /** Where the disk refuses it, the parts go with the next snapshot or the next start. */
  async dropSnapshot(snapshot: number): Promise<void> {
    await this.#thread.ask('dropSnapshot', [snapshot]);
  }

  async *parts(): AsyncIterable<Uint8Array> {
    for (let at = 0; ; ) {
      const part = valueIn(await this.#thread.ask('partAfter', [at]));
      if (part === undefined) return;
      yield part.bytes;
      at = part.number;
    }
  }

  async *blocks(): AsyncIterable<{ readonly number: number; readonly bytes: Uint8Array }> {
    for (let at = 0; ; ) {
      const blocks = valueIn(await this.#thread.ask('blocksAfter', [at]));
      if (blocks.length === 0) return;
      yield* blocks;
      at = blocks.at(-1)!.number;
    }
  }

  async size(): Promise<ReturnType<StoreFile['size']>> {
    return valueIn(await this.#thread.ask('size', []));
  }

  unreadable(detail: string): StoreFault {
    return fault('unreadable', this.#directory, detail);
  }

  async close(): Promise<void> {
    await this.#thread.ask('close', []);
    await this.#thread.end();
  }
}

const faultIn = (answer: FileAnswer): StoreFault | undefined =>
  'fault' in answer ? answer.fault : undefined;

function valueIn<T>(answer: FileAnswer<T>): T {
  if ('fault' in answer) throw new StoreError(answer.fault);
  return answer.value;
}

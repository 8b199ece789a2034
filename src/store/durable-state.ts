import { setImmediate } from 'node:timers/promises';
import { OutboxRoom } from '../correlate/outbox-room.ts';
import type { Context } from '../correlate/rule-windows.ts';
import { WindowState } from '../correlate/window-state.ts';
import { aborted } from '../lib/aborted.ts';
import type { DeadLetters } from '../model/dead-letters.ts';
import type { Render, Route } from '../model/risk.ts';
import type { Rule } from '../model/rule.ts';
import type { QueueBound } from '../model/state.ts';
import type { Ms } from '../model/time.ts';
import { decodeBlock, type StoredRule } from './codec.ts';
import { DurableOutbox } from './durable-outbox.ts';
import { JournalWriter } from './journal-writer.ts';
import { PartsWriter, readPart } from './snapshot-parts.ts';
import { type Store, StoreError, type StoreFault } from './store.ts';

/** Bytes of journal after which a snapshot is made, and at least as many as the last snapshot has. */
export const SNAPSHOT_AFTER = 16 * 2 ** 20;
/** Groups and repeats that are looked at in one turn, and in one part of a snapshot. */
const SAVED_AT_ONCE = 100;
const PART_GROUPS = 200;
/** Blocks that are taken again before others have their turn. */
const BLOCKS_AT_ONCE = 4;

export interface DurableHooks {
  /** The store takes nothing; senders are refused until it does. */
  failed(why: string): void;
  recovered(): void;
  /** A commit has ended, done or failed. */
  attempted(took: Ms): void;
  /** No snapshot could be made. It is tried again when the journal has grown. */
  unsaved(why: string): void;
  /** Risk events for a destination cannot be read; that is tried again. */
  unread(to: string, why: string): void;
  /** Open groups of a rule that has changed cannot be closed under its former version; they are dropped. */
  lost(rule: Rule, groups: number): void;
}

export interface DurableOptions extends Context {
  readonly destinations: readonly string[];
  readonly queues: ReadonlyMap<string, QueueBound>;
  readonly deadLetters?: DeadLetters | undefined;
  readonly route?: Route;
  /** Renders detections of rules that were in force before, with the windows that they left. */
  readonly rendererOf: (rules: readonly Rule[]) => Render;
  readonly hooks: DurableHooks;
  /** Measures how long commits take. */
  readonly clock: () => Ms;
  readonly wait?: (ms: Ms) => Promise<void>;
  /** For tests: bytes of journal after which a snapshot is made, however large the last one is. */
  readonly snapshotAfter?: number | undefined;
}

/** What was found when a store was opened. */
export interface Found {
  readonly groups: number;
  /** By destination, also such that the configuration does not name: risk events that wait. */
  readonly waiting: ReadonlyMap<string, number>;
  /** True where a former process left something. */
  readonly resumed: boolean;
}

/**
 * Windows in memory, and behind them a journal of all that changes them, snapshots that keep it short, and the outbox, in a
 * store. What a sender was answered OK for is there after any end of the process.
 */
export class DurableState extends WindowState {
  readonly #store: Store;
  readonly #journal: JournalWriter;
  readonly #options: DurableOptions;
  #first = true;
  /** The snapshot that is being made. */
  #snapshot: Promise<void> | undefined;
  #snapshotBytes: number;
  /** The store is about to be closed: a snapshot that is not finished is dropped. */
  #closing = false;
  /** Of the last snapshot that this process has made. */
  #snapshotBlock = 0;
  /** Bytes of journal before which none is tried again. */
  #notBefore = 0;
  found: Found = { groups: 0, waiting: new Map(), resumed: false };

  private constructor(
    store: Store,
    outbox: DurableOutbox,
    journal: JournalWriter,
    options: DurableOptions,
    snapshotBytes: number,
  ) {
    const { limits, counters, queues, deadLetters } = options;
    super({ limits, counters, outbox, room: new OutboxRoom(outbox, queues, counters, deadLetters), journal });
    this.#store = store;
    this.#journal = journal;
    this.#options = options;
    this.#snapshotBytes = snapshotBytes;
  }

  /** Takes over what the store holds; it closes the store where that fails. */
  static async open(store: Store, options: DurableOptions): Promise<DurableState | StoreFault> {
    try {
      return await DurableState.#open(store, options);
    } catch (error) {
      await store.close();
      if (error instanceof StoreError) return error.fault;
      return store.unreadable((error as Error).message);
    }
  }

  static async #open(store: Store, options: DurableOptions): Promise<DurableState> {
    const waiting = await store.waiting();
    const { journal: bytes, snapshot } = await store.size();
    const { counters, destinations, hooks, route } = options;
    let state: DurableState | undefined;
    const journal: JournalWriter = new JournalWriter(
      store,
      {
        committed(events, settled) {
          outbox.committed(events, settled);
          state?.review();
        },
        attempted(took, how) {
          counters.add('store_commits', 1, how);
          hooks.attempted(took);
        },
        failed: hooks.failed,
        recovered: hooks.recovered,
      },
      options.clock,
      options.wait,
    );
    journal.bytes = bytes;
    const outbox = new DurableOutbox(store, journal, destinations, waiting, hooks.unread, route);
    state = new DurableState(store, outbox, journal, options, snapshot);
    await state.#recover();
    state.found = {
      groups: state.held.groups,
      waiting: new Map(Array.from(waiting, ([name, { left }]) => [name, left])),
      resumed: store.last.block > 0,
    };
    return state;
  }

  /** Bytes on disk. */
  async sizes(): ReturnType<Store['size']> {
    return this.#store.size();
  }

  /** Why nothing can be made durable for now. */
  get fault(): string | undefined {
    return this.#journal.fault?.why;
  }

  /** Resolves, with the reason, when nothing can be made durable any more in this process. */
  get ended(): Promise<string> {
    return this.#store.ended.then(({ why }) => why);
  }

  override async use(rules: readonly Rule[], render: Render): Promise<void> {
    if (!this.#first) return super.use(rules, render);
    this.#first = false;
    // Result filters are code and are not stored: the windows that a rule left are filtered by its present one.
    const filters = new Map(rules.map(({ id, keep }) => [id, keep]));
    const withFilter = (rule: StoredRule): Rule => {
      const keep = rule.filtered ? filters.get(rule.id) : undefined;
      return keep ? { ...rule, keep } : rule;
    };
    const { rendererOf, hooks } = this.#options;
    await super.use(rules, render, {
      rendererOf: (before) => rendererOf(before.map(withFilter)),
      isLost: (rule: StoredRule) => rule.filtered === true && !filters.get(rule.id),
      dropped: hooks.lost,
    });
  }

  /** Makes a snapshot where the journal has become long. */
  review(): void {
    const { snapshotAfter = Math.max(SNAPSHOT_AFTER, this.#snapshotBytes) } = this.#options;
    if (this.#journal.bytes >= Math.max(snapshotAfter, this.#notBefore)) void this.saveNow();
  }

  /** Makes a snapshot, or waits for the one that is being made. */
  saveNow(): Promise<void> {
    this.#snapshot ??= this.#save().finally(() => {
      this.#snapshot = undefined;
    });
    return this.#snapshot;
  }

  /** After the last step: makes durable what is not yet, and closes the store. */
  async closeStore(by: AbortSignal): Promise<void> {
    this.#closing = true;
    const settled = Promise.all([this.#snapshot, this.#journal.flush(by)]);
    await Promise.race([settled, this.#store.ended, aborted(by)]);
    await this.#store.close();
  }

  async #recover(): Promise<void> {
    for await (const part of this.#store.parts()) readPart(part, this);
    this.restored();
    let taken = 0;
    for await (const { bytes } of this.#store.blocks()) {
      for (const { step, effects } of decodeBlock(bytes)) this.repeat(step, effects);
      taken++;
      if (taken % BLOCKS_AT_ONCE === 0) await setImmediate();
    }
    if (this.rules.length > 0) this.#journal.knows(this.rules, this.limits);
    this.recovered();
  }

  /** In turns with the requests, and named by the last block that it holds: each group is saved as it is now, before it changes. */
  async #save(): Promise<void> {
    const parts = new PartsWriter();
    const block = this.#journal.cut();
    const snapshot = block > this.#snapshotBlock ? this.beginSnapshot(parts) : undefined;
    if (!snapshot) return;
    const bytes = this.#journal.bytesNow;
    let size = 0;
    const write = async (part: Uint8Array): Promise<StoreFault | undefined> => {
      size += part.length;
      return this.#store.snapshotPart(block, part);
    };
    let fault: { readonly why: string } | undefined = await write(parts.part(snapshot.head));
    for (let more = true; !fault && more && !this.#closing; ) {
      more = snapshot.more(SAVED_AT_ONCE);
      if (parts.waiting >= PART_GROUPS || (!more && parts.waiting > 0)) fault = await write(parts.part());
      else await setImmediate();
    }
    parts.ended = true;
    if (this.#closing) return this.#store.dropSnapshot(block);
    // What the snapshot holds must not be there before the risk events that came of it.
    fault ??= (await this.#journal.durable()) ?? (await this.#store.finishSnapshot(block, block));
    const { counters, hooks, snapshotAfter = SNAPSHOT_AFTER } = this.#options;
    counters.add('store_snapshots', 1, fault ? 'failed' : 'made');
    if (fault) {
      this.#notBefore = this.#journal.bytes + snapshotAfter / 4;
      hooks.unsaved(fault.why);
      return this.#store.dropSnapshot(block);
    }
    this.#notBefore = 0;
    this.#journal.bytes -= bytes;
    this.#snapshotBytes = size;
    this.#snapshotBlock = block;
  }
}
